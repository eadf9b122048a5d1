package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/record"
)

// sums adds up what reaches the sink.
type sums struct {
	discard
	bytes uint64
}

func (s *sums) Flow(f *record.Flow, position int64) {
	s.discard.Flow(f, position)
	s.bytes += f.SrcBytes + f.DstBytes
}

// TestAgainstIndependentReader compares counts and sums of every shared log that has a Zeek
// header, of nDPId and of dnstap with those of testdata/independent.py.
func TestAgainstIndependentReader(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is absent")
	}
	for _, folder := range []string{"zeek-logs", "ndpid", "dnstap"} {
		t.Run(folder, func(t *testing.T) {
			root, err := filepath.Abs(sharedData(t, folder))
			if err != nil {
				t.Fatal(err)
			}
			read := map[string]sums{}
			args := []string{filepath.Join("testdata", "independent.py")}
			err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				format, err := Recognise(data[:min(len(data), HeadBytes)], path)
				header := bytes.Contains(data, []byte("#path")) && bytes.Contains(data, []byte("#fields"))
				if err != nil || format == Pcap || strings.HasPrefix(string(format), "zeek-") && !header {
					return nil
				}
				if masked := []byte("XXXXXXXXXX.XXXXXX"); bytes.Contains(data, masked) { // Zeek's test suite hides its times
					data = bytes.ReplaceAll(data, masked, []byte("1523836800.000000"))
					path = filepath.Join(t.TempDir(), strings.ReplaceAll(strings.TrimPrefix(path, root), "/", "_"))
					if err := os.WriteFile(path, data, 0o600); err != nil {
						return err
					}
				}
				s, err := NewStream(format)
				if err != nil {
					return err
				}
				var got sums
				if err := s.Decode(context.Background(), bytes.NewReader(data), &got); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				read[path] = got
				args = append(args, path)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(python, args...).Output()
			if err != nil {
				t.Fatal(err)
			}
			var flows, dns int
			decoder := json.NewDecoder(bytes.NewReader(out))
			for range len(read) {
				var want struct {
					Path       string
					Flows, DNS int
					Bytes      uint64
				}
				if err := decoder.Decode(&want); err != nil {
					t.Fatal(err)
				}
				got := read[want.Path]
				if got.flows != want.Flows || got.dns != want.DNS || got.bytes != want.Bytes {
					t.Errorf("%s: %d flows, %d look-ups, %d bytes; want %d, %d, %d", want.Path, got.flows, got.dns, got.bytes, want.Flows, want.DNS, want.Bytes)
				}
				flows, dns = flows+got.flows, dns+got.dns
			}
			t.Logf("%d files, %d flows, %d look-ups", len(read), flows, dns)
			if flows+dns == 0 {
				t.Error("nothing was compared")
			}
		})
	}
}
