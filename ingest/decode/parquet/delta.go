package parquet

import (
	"encoding/binary"
	"errors"
)

var errDelta = errors.New("a block of differences is damaged")

// maxDeltaBlock bounds the values of a block.
const maxDeltaBlock = 1 << 16

// delta reads numbers that are stored as differences (DELTA_BINARY_PACKED).
type delta struct {
	b      []byte // behind what was read
	block  int    // values in a block
	minis  int    // parts of a block, each with a width of its own
	total  int64  // values that are left
	first  bool   // value is the next one itself
	value  int64
	least  int64  // of the block
	widths []byte // of the parts that are left
	mini   []byte
	bit    int
	left   int // values in mini
}

// newDelta opens at most n numbers.
func newDelta(b []byte, n int) (*delta, error) {
	d := &delta{b: b, first: true}
	block, minis, total, value := d.varint(), d.varint(), d.varint(), d.varint()
	if d.b == nil || block == 0 || block > maxDeltaBlock || minis == 0 || minis > block || block%minis != 0 || (block/minis)%8 != 0 || total > uint64(n) {
		return nil, errDelta
	}
	d.block, d.minis, d.total, d.value = int(block), int(minis), int64(total), unzigzag(value)
	return d, nil
}

// varint gives 0 and no rest where there is none.
func (d *delta) varint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.b = nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *delta) next() (int64, error) {
	if d.total == 0 {
		return 0, errShortPage
	}
	d.total--
	if d.first {
		d.first = false
		return d.value, nil
	}
	if d.left == 0 {
		if err := d.part(); err != nil {
			return 0, err
		}
	}
	width := int(d.widths[0])
	d.value += d.least + int64(unpack(d.mini, d.bit, width))
	d.bit += width
	if d.left--; d.left == 0 {
		d.widths = d.widths[1:]
	}
	return d.value, nil
}

// part begins the next part of a block.
func (d *delta) part() error {
	if len(d.widths) == 0 {
		d.least = unzigzag(d.varint())
		if len(d.b) < d.minis {
			return errDelta
		}
		d.widths, d.b = d.b[:d.minis], d.b[d.minis:]
	}
	width, values := int(d.widths[0]), d.block/d.minis
	length := values * width / 8
	if width > 64 || length > len(d.b) {
		return errDelta
	}
	d.mini, d.b = d.b[:length], d.b[length:]
	d.bit, d.left = 0, values
	return nil
}

// rest goes over all values and gives what stands behind them.
func (d delta) rest() ([]byte, error) {
	for d.total > 0 {
		if _, err := d.next(); err != nil {
			return nil, err
		}
	}
	return d.b, nil
}
