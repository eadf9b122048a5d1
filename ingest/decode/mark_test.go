package decode

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestByteOrderMarksCostNothing puts a mark before every case of the text formats, and
// between two copies of it: as many records come out as of two copies without.
func TestByteOrderMarksCostNothing(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*/*/input*")
	if err != nil {
		t.Fatal(err)
	}
	for _, input := range inputs {
		dir := filepath.Dir(input)
		format := Format(filepath.Base(filepath.Dir(dir)))
		data, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(data, []byte("\n")) {
			continue // cut
		}
		marked := []byte(byteOrderMark + string(data) + byteOrderMark + string(data))
		if f, err := Recognise(marked, "x"); !strings.HasSuffix(dir, "_forced") && f != format {
			t.Errorf("%s with a mark is recognised as %q, %v", dir, f, err)
		}
		with, without := tallyOf(t, format, marked), tallyOf(t, format, append(bytes.Clone(data), data...))
		if with.flows != without.flows || with.dns != without.dns || with.rejects != without.rejects || with.skips != without.skips {
			t.Errorf("%s: %+v with marks, %+v without", dir, with.discard, without.discard)
		}
	}
}

func tallyOf(t *testing.T, format Format, data []byte) *tally {
	t.Helper()
	s, err := NewStream(format)
	if err != nil {
		t.Fatal(err)
	}
	got := newTally()
	if err := s.Decode(context.Background(), bytes.NewReader(data), got); err != nil {
		t.Error(err)
	}
	return got
}
