package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codec is a compression of parquet.thrift.
type codec int

const (
	codecNone codec = iota
	codecSnappy
	codecGzip
	codecLZO
	codecBrotli
	codecLZ4 // in Hadoop's frame, or without as older writers have it
	codecZstd
	codecLZ4Raw
)

var codecNames = []string{"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"}

func (c codec) String() string {
	if c < 0 || int(c) >= len(codecNames) {
		return fmt.Sprintf("of number %d", int(c))
	}
	return codecNames[c]
}

var errLength = errors.New("decompressed it has another length than its page says")

// decompressor decompresses pages; it is not safe for concurrent use.
type decompressor struct {
	zstd *zstd.Decoder
}

// maxWindow bounds what Zstandard keeps of a page.
const maxWindow = 64 << 20

func (d *decompressor) close() {
	if d.zstd != nil {
		d.zstd.Close()
		d.zstd = nil
	}
}

// fill decompresses src so that it is just dst.
func (d *decompressor) fill(c codec, dst, src []byte) error {
	switch c {
	case codecNone:
		if copy(dst, src) != len(dst) || len(src) != len(dst) {
			return errLength
		}
		return nil
	case codecSnappy:
		if n, err := s2.DecodedLen(src); err != nil || n != len(dst) {
			return cmpError(err)
		}
		_, err := s2.Decode(dst, src)
		return err
	case codecGzip:
		r, err := gzip.NewReader(bytes.NewReader(src))
		if err != nil {
			return err
		}
		return fill(dst, r)
	case codecBrotli:
		return fill(dst, brotli.NewReader(bytes.NewReader(src)))
	case codecZstd:
		return d.fillZstd(dst, src)
	case codecLZ4Raw:
		return fillLZ4(dst, src)
	case codecLZ4:
		if fillHadoop(dst, src) == nil {
			return nil
		}
		return fillLZ4(dst, src)
	}
	return fmt.Errorf("compression %s is not read", c)
}

func cmpError(err error) error {
	if err == nil {
		return errLength
	}
	return err
}

// fill reads dst and expects the end behind it.
func fill(dst []byte, r io.Reader) error {
	if _, err := io.ReadFull(r, dst); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errLength
		}
		return err
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n > 0 {
		return errLength
	} else if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (d *decompressor) fillZstd(dst, src []byte) (err error) {
	if d.zstd == nil {
		d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err
		}
	}
	got, err := d.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	if len(got) != len(dst) {
		return errLength
	}
	return nil
}

func fillLZ4(dst, src []byte) error {
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil {
		return err
	}
	if n != len(dst) {
		return errLength
	}
	return nil
}

// fillHadoop reads blocks that each have both of their lengths before them.
func fillHadoop(dst, src []byte) error {
	for len(src) > 8 {
		length, compressed := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
		src = src[8:]
		if uint64(compressed) > uint64(len(src)) || uint64(length) > uint64(len(dst)) {
			return errLength
		}
		if err := fillLZ4(dst[:length], src[:compressed]); err != nil {
			return err
		}
		dst, src = dst[length:], src[compressed:]
	}
	if len(dst) != 0 || len(src) != 0 {
		return errLength
	}
	return nil
}
