package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var errRun = errors.New("a run of values is damaged")

// runs reads small numbers in runs of equal ones and in packed groups of eight (RLE_DICTIONARY
// and RLE in https://github.com/apache/parquet-format/blob/master/Encodings.md).
type runs struct {
	b      []byte
	width  int // bits of a number
	equal  int // that are left of a run
	value  uint32
	packed []byte
	bit    int // of packed, where the next number begins
	left   int // numbers in packed
}

// maxWidth is what a level or an index may have in bits.
const maxWidth = 32

func newRuns(b []byte, width int) (runs, error) {
	if width < 0 || width > maxWidth {
		return runs{}, errRun
	}
	return runs{b: b, width: width}, nil
}

// widthOf is how many bits the levels up to the highest one take.
func widthOf(highest int) int { return bits.Len(uint(highest)) }

// read fills dst.
func (r *runs) read(dst []uint32) error {
	for len(dst) > 0 {
		switch {
		case r.equal > 0:
			n := min(r.equal, len(dst))
			for i := range dst[:n] {
				dst[i] = r.value
			}
			r.equal -= n
			dst = dst[n:]
		case r.left > 0:
			n := min(r.left, len(dst))
			if (r.bit+n*r.width+7)/8 > len(r.packed) {
				return errRun
			}
			for i := range dst[:n] {
				dst[i] = uint32(unpack(r.packed, r.bit, r.width))
				r.bit += r.width
			}
			r.left -= n
			dst = dst[n:]
		default:
			if err := r.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// next begins the next run. The last packed group may be cut behind the numbers that count.
func (r *runs) next() error {
	head, n := binary.Uvarint(r.b)
	if n <= 0 || head>>1 == 0 || head>>1 > 1<<30 {
		return errRun
	}
	r.b = r.b[n:]
	count := int(head >> 1)
	if head&1 == 1 {
		length := min(count*r.width, len(r.b))
		r.packed, r.b = r.b[:length], r.b[length:]
		r.bit, r.left = 0, count*8
		return nil
	}
	length := (r.width + 7) / 8
	if length > len(r.b) {
		return errRun
	}
	r.value = 0
	for i, b := range r.b[:length] {
		r.value |= uint32(b) << (8 * i)
	}
	r.equal, r.b = count, r.b[length:]
	return nil
}

// unpack gives width bits of b, of which the lowest stands at a bit, least significant first.
func unpack(b []byte, bit, width int) uint64 {
	if width == 0 {
		return 0
	}
	at, shift := bit/8, bit%8
	var word [9]byte
	copy(word[:], b[at:min(len(b), at+9)])
	v := binary.LittleEndian.Uint64(word[:]) >> shift
	if shift > 0 {
		v |= uint64(word[8]) << (64 - shift)
	}
	if width == 64 {
		return v
	}
	return v & (1<<width - 1)
}
