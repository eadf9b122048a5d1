package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// encoding is how the values of a page are stored, of parquet.thrift.
type encoding int

const (
	encodingPlain           encoding = 0
	encodingPlainDictionary encoding = 2
	encodingRLE             encoding = 3
	encodingBitPacked       encoding = 4
	encodingDelta           encoding = 5
	encodingDeltaLength     encoding = 6
	encodingDeltaBytes      encoding = 7
	encodingDictionary      encoding = 8
	encodingSplit           encoding = 9
)

var encodingNames = []string{
	"PLAIN", "GROUP_VAR_INT", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY",
	"DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT",
}

func (e encoding) String() string {
	if e < 0 || int(e) >= len(encodingNames) {
		return fmt.Sprintf("of number %d", int(e))
	}
	return encodingNames[e]
}

var (
	errShortPage    = errors.New("a page has fewer values than it says")
	errIndex        = errors.New("an index leads out of the dictionary")
	errNoDictionary = errors.New("a page needs a dictionary, and there is none before it")
)

// numbers gives the values of a page: bits of floats, and nanoseconds since 1970 for INT96.
type numbers interface {
	read(dst []int64) error
}

// sizes are how many bytes a value takes where it is stored plainly.
func (l *leaf) size() int {
	switch l.physical {
	case typeInt32, typeFloat:
		return 4
	case typeInt96:
		return 12
	case typeFixed:
		return l.width
	}
	return 8
}

// numbersOf opens the n values of a page.
func numbersOf(e encoding, l *leaf, b []byte, n int, dictionary []int64) (numbers, error) {
	switch {
	case e == encodingDictionary || e == encodingPlainDictionary:
		index, err := indexOf(b, n)
		return &indexedNumbers{index: index, values: dictionary}, err
	case l.physical == typeBoolean && e == encodingPlain:
		return &bitNumbers{b: b}, nil
	case l.physical == typeBoolean && e == encodingRLE:
		if len(b) < 4 {
			return nil, errShortPage
		}
		r, err := newRuns(b[4:], 1)
		return &runNumbers{runs: r}, err
	case l.physical == typeBoolean:
	case e == encodingPlain:
		return &plainNumbers{b: b, physical: l.physical, size: l.size()}, nil
	case e == encodingDelta && (l.physical == typeInt32 || l.physical == typeInt64):
		d, err := newDelta(b, n)
		return &deltaNumbers{delta: d, narrow: l.physical == typeInt32}, err
	case e == encodingSplit && l.physical != typeInt96:
		if len(b)%l.size() != 0 {
			return nil, errShortPage
		}
		return &splitNumbers{b: b, physical: l.physical, size: l.size(), stride: len(b) / l.size()}, nil
	}
	return nil, fmt.Errorf("encoding %s of %s is not read", e, l.physical)
}

// indexOf opens the indices of values in a dictionary. Without a value there may be nothing.
func indexOf(b []byte, n int) (runs, error) {
	if n == 0 {
		return runs{}, nil
	}
	if len(b) == 0 {
		return runs{}, errShortPage
	}
	return newRuns(b[1:], int(b[0]))
}

// number gives a plain value.
func number(p physical, b []byte) int64 {
	le := binary.LittleEndian
	switch p {
	case typeInt32:
		return int64(int32(le.Uint32(b)))
	case typeFloat:
		return int64(le.Uint32(b))
	case typeInt96:
		return int96(int64(int32(le.Uint32(b[8:]))), int64(le.Uint64(b)))
	}
	return int64(le.Uint64(b))
}

// int96 gives a day, counted as astronomers do, and nanoseconds in it; what the result cannot
// say is the furthest future.
func int96(day, nanos int64) int64 {
	const unixEpoch, dayNanos, most = 2440588, 86400 * 1_000_000_000, 106750
	if day -= unixEpoch; day < -most || day > most || nanos < 0 || nanos > dayNanos {
		return math.MaxInt64
	}
	return day*dayNanos + nanos
}

type plainNumbers struct {
	b        []byte
	physical physical
	size     int
}

func (p *plainNumbers) read(dst []int64) error {
	if len(dst) > len(p.b)/p.size {
		return errShortPage
	}
	for i := range dst {
		dst[i] = number(p.physical, p.b[i*p.size:])
	}
	p.b = p.b[len(dst)*p.size:]
	return nil
}

// splitNumbers are stored by their first bytes, then their second ones, and so on.
type splitNumbers struct {
	b            []byte
	physical     physical
	size, stride int
	at           int
}

func (s *splitNumbers) read(dst []int64) error {
	if len(dst) > s.stride-s.at {
		return errShortPage
	}
	var whole [8]byte
	for i := range dst {
		for k := range s.size {
			whole[k] = s.b[k*s.stride+s.at]
		}
		dst[i] = number(s.physical, whole[:])
		s.at++
	}
	return nil
}

type bitNumbers struct {
	b  []byte
	at int
}

func (p *bitNumbers) read(dst []int64) error {
	if len(dst) > len(p.b)*8-p.at {
		return errShortPage
	}
	for i := range dst {
		dst[i] = int64(p.b[p.at/8] >> (p.at % 8) & 1)
		p.at++
	}
	return nil
}

// runNumbers are booleans in runs.
type runNumbers struct {
	runs
	some [256]uint32
}

func (r *runNumbers) read(dst []int64) error {
	for len(dst) > 0 {
		n := min(len(dst), len(r.some))
		if err := r.runs.read(r.some[:n]); err != nil {
			return err
		}
		for i, v := range r.some[:n] {
			dst[i] = int64(v)
		}
		dst = dst[n:]
	}
	return nil
}

type indexedNumbers struct {
	index  runs
	values []int64
	some   [256]uint32
}

func (x *indexedNumbers) read(dst []int64) error {
	for len(dst) > 0 {
		n := min(len(dst), len(x.some))
		if err := x.index.read(x.some[:n]); err != nil {
			return err
		}
		for i, k := range x.some[:n] {
			if int64(k) >= int64(len(x.values)) {
				return errIndex
			}
			dst[i] = x.values[k]
		}
		dst = dst[n:]
	}
	return nil
}

type deltaNumbers struct {
	*delta
	narrow bool
}

func (d *deltaNumbers) read(dst []int64) error {
	for i := range dst {
		v, err := d.next()
		if err != nil {
			return err
		}
		if d.narrow { // differences of 32 bits wrap
			v = int64(int32(v))
		}
		dst[i] = v
	}
	return nil
}
