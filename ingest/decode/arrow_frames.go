package decode

import (
	"bytes"
	"fmt"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// frames reads compressed buffers of a batch to their ends. The library stops where it has what it wants, which is before
// the checksum at the end of a frame, so that damage went unnoticed.
type frames struct {
	codec io.Reader
	reset func(io.Reader) error
	Close func()
}

// compressionCodec is where a body's compression names its codec, and the names (Message.fbs of Arrow's format).
const (
	compressionCodec = 4
	codecLZ4         = 0
	codecZSTD        = 1
)

func framesOf(compression flatbuffers.Table) (frames, error) {
	return framesOfCodec(compression.GetInt8Slot(compressionCodec, codecLZ4))
}

func framesOfCodec(codec int8) (frames, error) {
	switch codec {
	case codecLZ4:
		r := lz4.NewReader(nil)
		return frames{r, func(from io.Reader) error { r.Reset(from); return nil }, func() {}}, nil
	case codecZSTD:
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxArrowBody))
		if err != nil {
			return frames{}, err
		}
		return frames{r, r.Reset, r.Close}, nil
	default:
		return frames{}, fmt.Errorf("compression %d is not known: write LZ4 or ZSTD", codec)
	}
}

// check reads a buffer that becomes size bytes.
func (f frames) check(buffer []byte, size int64) error {
	if err := f.reset(bytes.NewReader(buffer)); err != nil {
		return err
	}
	got, err := io.Copy(io.Discard, io.LimitReader(f.codec, size+1))
	if err != nil {
		return err
	}
	if got != size {
		return fmt.Errorf("%d bytes where it says %d", got, size)
	}
	return nil
}
