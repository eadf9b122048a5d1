package decode

import (
	"bytes"
	"io"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/banshift/banshift/schemas"
)

// TestDamagedColumns turns a byte in each ZSTD frame of a stream: its checksum says so, and no row of it is read.
func TestDamagedColumns(t *testing.T) {
	rec := example(memory.DefaultAllocator, schemas.FlowSchema, schemas.NumFlowColumns, 50, same)
	defer rec.Release()
	var stream bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(rec.Schema()), ipc.WithZstd())
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := stream.Bytes()
	if err := readArrow(whole); err != nil {
		t.Fatal(err)
	}
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	tried := 0
	for at := bytes.Index(whole, magic); at >= 0; tried++ {
		damaged := bytes.Clone(whole)
		damaged[at+10] ^= 0x55
		if readArrow(damaged) == nil {
			t.Errorf("byte %d, in a frame, is changed, and nothing is said", at+10)
		}
		next := bytes.Index(whole[at+1:], magic)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if tried < 10 {
		t.Errorf("%d frames were tried", tried)
	}
}

func readArrow(data []byte) error {
	b, err := Canonical(Arrow, bytes.NewReader(data), memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer b.Release()
	for b.Next() {
	}
	return b.Err()
}

// TestFrames turns every byte of frames: what is read is the same, or nothing is.
func TestFrames(t *testing.T) {
	text := bytes.Repeat([]byte("clients of a day, and again "), 40)
	for name, c := range map[string]struct {
		codec int8
		write func(io.Writer) (io.WriteCloser, error)
	}{
		"zstd": {codecZSTD, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }},
		"lz4":  {codecLZ4, func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil }},
	} {
		t.Run(name, func(t *testing.T) {
			var packed bytes.Buffer
			w, err := c.write(&packed)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			f, err := framesOfCodec(c.codec)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := f.check(packed.Bytes(), int64(len(text))); err != nil {
				t.Fatal(err)
			}
			for _, size := range []int64{0, 1, int64(len(text)) - 1, int64(len(text)) + 1} {
				if f.check(packed.Bytes(), size) == nil {
					t.Errorf("it is taken for %d bytes", size)
				}
			}
			for at := range packed.Len() {
				damaged := bytes.Clone(packed.Bytes())
				damaged[at] ^= 0x55
				if f.check(damaged, int64(len(text))) == nil && !reads(f, damaged, text) {
					t.Errorf("byte %d of %d is changed, and nothing is said", at, packed.Len())
				}
			}
		})
	}
	if _, err := framesOfCodec(2); err == nil {
		t.Error("an unknown codec is taken")
	}
}

// reads says whether a buffer becomes a text.
func reads(f frames, buffer, text []byte) bool {
	if err := f.reset(bytes.NewReader(buffer)); err != nil {
		return false
	}
	got, err := io.ReadAll(f.codec)
	return err == nil && bytes.Equal(got, text)
}
