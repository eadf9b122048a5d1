package meter

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/banshift/banshift/ingest/meter/packet"
)

// Bounds of reassembly. What does not fit is lost to inspection, never to the process.
const (
	maxFragmented       = 256     // datagrams under reassembly
	maxPieces           = 64      // fragments of one datagram
	maxReassembled      = 65535   // bytes of one datagram
	fragmentTimeout     = 60e6    // µs, RFC 8200 section 4.5
	maxFragmentBuffered = 4 << 20 // captured bytes of all datagrams under reassembly
)

// fragmentKey names the datagram that a fragment belongs to.
type fragmentKey struct {
	src, dst netip.Addr
	protocol uint8
	id       uint32
}

type piece struct {
	offset, length int // on the wire
	data           []byte
}

// fragmented is a datagram under reassembly.
type fragmented struct {
	key      fragmentKey
	position int64 // of its first fragment
	began    int64
	total    int // length of the payload, -1 until the last fragment came
	pieces   []piece
}

// fragments reassembles IP datagrams.
type fragments struct {
	open     map[fragmentKey]*fragmented
	order    []*fragmented // by time of the first fragment
	buffered int
	lost     func(position int64) // told of each datagram that is given up
}

func newFragments(lost func(position int64)) fragments {
	return fragments{open: make(map[fragmentKey]*fragmented), lost: lost}
}

// flush gives up what is not complete.
func (fs *fragments) flush() {
	for len(fs.order) > 0 {
		fs.giveUp(fs.order[0])
	}
}

// giveUp drops a datagram that is not complete.
func (fs *fragments) giveUp(f *fragmented) {
	fs.lost(f.position)
	fs.drop(f)
}

// add takes a fragment and gives the whole datagram when it was the last one missing.
func (fs *fragments) add(d *packet.Datagram, now, position int64) (packet.Datagram, bool) {
	k := fragmentKey{d.Src, d.Dst, d.Protocol, d.ID}
	f := fs.open[k]
	if f != nil && now-f.began > fragmentTimeout {
		fs.giveUp(f)
		f = nil
	}
	if f == nil {
		for len(fs.order) >= maxFragmented || len(fs.order) > 0 && fs.buffered > maxFragmentBuffered {
			fs.giveUp(fs.order[0])
		}
		f = &fragmented{key: k, position: position, began: now, total: -1}
		fs.open[k] = f
		fs.order = append(fs.order, f)
	}
	if len(f.pieces) == maxPieces || d.Offset+d.Len > maxReassembled || f.overlaps(d.Offset, d.Len) {
		return packet.Datagram{}, false
	}
	f.pieces = append(f.pieces, piece{d.Offset, d.Len, append([]byte(nil), d.Payload...)})
	fs.buffered += len(d.Payload)
	if !d.More {
		f.total = d.Offset + d.Len
	}
	if !f.complete() {
		return packet.Datagram{}, false
	}
	whole := *d
	whole.Fragment, whole.Offset, whole.More = false, 0, false
	whole.Payload, whole.Len = f.payload(), f.total
	fs.drop(f)
	return whole, true
}

func (fs *fragments) drop(f *fragmented) {
	for _, p := range f.pieces {
		fs.buffered -= len(p.data)
	}
	delete(fs.open, f.key)
	if i := slices.Index(fs.order, f); i >= 0 {
		fs.order = slices.Delete(fs.order, i, i+1)
	}
}

// overlaps reports whether bytes of the datagram are there already: a fragment seen
// twice, or one that would rewrite another (RFC 5722 forbids it).
func (f *fragmented) overlaps(offset, length int) bool {
	for _, p := range f.pieces {
		if offset < p.offset+p.length && p.offset < offset+length || offset == p.offset {
			return true
		}
	}
	return false
}

func (f *fragmented) complete() bool {
	if f.total < 0 {
		return false
	}
	sum := 0
	for _, p := range f.pieces {
		sum += p.length
	}
	return sum == f.total
}

// payload joins the pieces, up to the first byte that was not captured.
func (f *fragmented) payload() []byte {
	slices.SortFunc(f.pieces, func(a, b piece) int { return cmp.Compare(a.offset, b.offset) })
	var whole []byte
	for _, p := range f.pieces {
		whole = append(whole, p.data...)
		if len(p.data) < p.length {
			break
		}
	}
	return whole
}
