package decode

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"io"

	"github.com/banshift/banshift/ingest/record"
)

// Zeek writes one connection into several logs under one uid. The record of conn.log is
// the flow; those of ssl.log, socks.log and tunnel.log are details of it: they give it
// names and signatures, and are flows only where no connection of their uid is met.

// Bounds of what is remembered to find the records of a uid.
const (
	maxDetails = 1 << 16 // details that wait for their connection
	maxSeen    = 1 << 18 // connections of a generation that were given; there are two
)

// Outcomes of details.
const (
	detailElsewhere  = "detail, counted with its connection"
	detailOfAnother  = "detail of a connection that another source counts"
	interimElsewhere = "interim record, counted when its connection ends"
)

// held is what waits behind a detail: the detail itself, or what was skipped or rejected
// since, so that positions never go back.
type heldOutcome struct {
	uid      uint64
	gone     bool         // the detail found its connection
	next     *heldOutcome // an earlier detail of the same uid
	flow     record.Flow
	reason   string
	reject   bool
	raw      []byte
	position int64
}

// zeekDetails joins details with their connections in bounded memory.
type zeekDetails struct {
	seed      maphash.Seed
	byUID     map[uint64]*heldOutcome
	queue     []*heldOutcome // in order of arrival
	waiting   int
	seen      [2]map[uint64]struct{} // uids of connections that were given: newer, older
	last      int64                  // position that was given last
	siblings  []*zeekSibling
	hasConn   bool
	skipsOnly bool // the details of this source belong to another's connections
}

func newZeekDetails() *zeekDetails {
	return &zeekDetails{seed: maphash.MakeSeed(), byUID: map[uint64]*heldOutcome{}, seen: [2]map[uint64]struct{}{{}, {}}}
}

// detail keeps a detail until its connection comes.
func (d *zeekDetails) detail(uid []byte, f *record.Flow, position int64, sink record.Sink) {
	key := maphash.Bytes(d.seed, uid)
	switch {
	case d.skipsOnly:
		d.skip(detailOfAnother, position, sink)
		return
	case len(uid) == 0:
		d.flow(f, position, sink)
		return
	case d.wasGiven(key):
		d.skip(detailElsewhere, position, sink)
		return
	}
	if d.waiting == maxDetails {
		for before := d.waiting; d.waiting == before; {
			d.giveFirst(position, sink)
		}
	}
	h := &heldOutcome{uid: key, flow: *f, position: position, next: d.byUID[key]}
	for _, text := range [...]*[]byte{&h.flow.SNI, &h.flow.ALPN, &h.flow.JA4, &h.flow.SensorLabel, &h.flow.Exporter} {
		*text = bytes.Clone(*text)
	}
	d.byUID[key] = h
	d.queue = append(d.queue, h)
	d.waiting++
}

// connection adds to a connection what its details said, and remembers it.
func (d *zeekDetails) connection(uid []byte, f *record.Flow, position int64, sink record.Sink) {
	d.hasConn = true
	if len(uid) == 0 {
		return
	}
	d.advance(f.End)
	key := maphash.Bytes(d.seed, uid)
	if len(d.seen[0]) == maxSeen {
		d.seen = [2]map[uint64]struct{}{{}, d.seen[0]}
	}
	d.seen[0][key] = struct{}{}
	for h := d.byUID[key]; h != nil; h = h.next {
		if h.gone {
			continue
		}
		h.addTo(f)
		h.gone = true
		d.waiting--
		if h.position >= 0 {
			d.give(h.position, position)
			sink.Skip(detailElsewhere, d.last)
		}
	}
	delete(d.byUID, key)
	d.shrink()
}

// addTo gives a connection what the detail says.
func (h *heldOutcome) addTo(f *record.Flow) {
	of := &h.flow
	for _, text := range [...]struct {
		to   *[]byte
		from []byte
	}{{&f.SNI, of.SNI}, {&f.ALPN, of.ALPN}, {&f.JA4, of.JA4}} {
		if len(text.from) > 0 {
			*text.to = text.from
		}
	}
	f.Signatures = f.Signatures.With(of.Signatures)
	f.Traits |= of.Traits
}

func (d *zeekDetails) wasGiven(key uint64) bool {
	if _, ok := d.seen[0][key]; ok {
		return true
	}
	_, ok := d.seen[1][key]
	return ok
}

// shrink drops from the front of the queue what is no longer waited for.
func (d *zeekDetails) shrink() {
	for len(d.queue) > 0 && d.queue[0].gone {
		d.queue[0] = nil
		d.queue = d.queue[1:]
	}
}

// give notes at which position something is given: its own, unless that would go back.
func (d *zeekDetails) give(own, latest int64) { d.last = max(d.last, min(own, latest)) }

// giveFirst gives what waits longest.
func (d *zeekDetails) giveFirst(latest int64, sink record.Sink) {
	h := d.queue[0]
	d.queue[0] = nil
	d.queue = d.queue[1:]
	if h.gone {
		return
	}
	own := h.position
	if own < 0 {
		own = latest // of a sibling
	}
	d.give(own, latest)
	switch {
	case h.reject:
		sink.Reject(h.reason, h.raw, d.last)
	case h.reason != "":
		sink.Skip(h.reason, d.last)
	default:
		h.gone = true
		if d.byUID[h.uid] == h {
			delete(d.byUID, h.uid)
		}
		d.waiting--
		sink.Flow(&h.flow, d.last)
	}
}

// flush gives all that waits.
func (d *zeekDetails) flush(position int64, sink record.Sink) {
	d.advance(1<<63 - 1 - siblingSlack)
	for len(d.queue) > 0 {
		d.giveFirst(position, sink)
	}
}

// behind reports whether outcomes have to wait behind details: in a log of details alone,
// so that what it gives is in its order.
func (d *zeekDetails) behind() bool {
	return len(d.queue) > 0 && !d.hasConn && len(d.queue) < 2*maxDetails
}

func (d *zeekDetails) skip(reason string, position int64, sink record.Sink) {
	if d.behind() {
		d.queue = append(d.queue, &heldOutcome{reason: reason, position: position})
		return
	}
	d.give(position, position)
	sink.Skip(reason, d.last)
}

func (d *zeekDetails) reject(reason string, raw []byte, position int64, sink record.Sink) {
	if d.behind() {
		d.queue = append(d.queue, &heldOutcome{reason: reason, reject: true, raw: bytes.Clone(raw), position: position})
		return
	}
	d.give(position, position)
	sink.Reject(reason, raw, d.last)
}

func (d *zeekDetails) flow(f *record.Flow, position int64, sink record.Sink) {
	d.hasConn = true
	d.give(position, position)
	sink.Flow(f, d.last)
}

func (d *zeekDetails) look(q *record.DNS, position int64, sink record.Sink) {
	d.hasConn = true
	d.give(position, position)
	sink.DNS(q, d.last)
}

// siblingSlack is how much later in ms than the end of a connection the log may say that
// a detail was seen.
const siblingSlack = 60_000

// zeekSibling is a log of details that lies next to a log of connections. It is read only
// as far as the connections have come: each log is in the order in which it was written.
type zeekSibling struct {
	lines *lineReader
	log   *zeekLog
	until int64
	over  bool
}

func newZeekSibling(kind Format, r io.Reader) *zeekSibling {
	return &zeekSibling{lines: newLineReader(r), log: newZeekLog(kind)}
}

// advance reads the siblings up to a time in ms.
func (d *zeekDetails) advance(until int64) {
	for _, s := range d.siblings {
		for !s.over && s.until <= until+siblingSlack {
			s.line(d)
		}
	}
}

func (s *zeekSibling) line(d *zeekDetails) {
	l, err := s.lines.next()
	if err != nil { // what is wrong with it is said where it is read as a source of its own
		s.over = true
		return
	}
	if !l.long {
		s.log.Decode(l.text, l.at, siblingSink{s, d})
	}
}

// siblingSink takes the details of a sibling and leaves everything else to its own source.
type siblingSink struct {
	of      *zeekSibling
	details *zeekDetails
}

func (s siblingSink) Flow(f *record.Flow, _ int64) {
	s.of.until = max(s.of.until, f.Start)
	key := maphash.Bytes(s.details.seed, s.of.log.row.cells[zUID])
	if len(s.of.log.row.cells[zUID]) > 0 && !s.details.wasGiven(key) {
		s.details.detail(s.of.log.row.cells[zUID], f, -1, noSink{})
	}
}
func (siblingSink) DNS(*record.DNS, int64)       {}
func (siblingSink) Reject(string, []byte, int64) {}
func (siblingSink) Skip(string, int64)           {}

// noSink drops.
type noSink struct{}

func (noSink) Flow(*record.Flow, int64)     {}
func (noSink) DNS(*record.DNS, int64)       {}
func (noSink) Reject(string, []byte, int64) {}
func (noSink) Skip(string, int64)           {}

// zeekStream is a lineStream of a Zeek log whose siblings are opened when it begins.
type zeekStream struct {
	log  *zeekLog
	open func() ([]Detail, error)
}

func newZeekStream(f Format, o options) *zeekStream {
	log := newZeekLog(f)
	log.details = newZeekDetails()
	log.details.skipsOnly = o.isDetails
	return &zeekStream{log: log, open: o.details}
}

// Detail is a log of details that lies next to a log of connections.
type Detail struct {
	Format Format
	io.ReadCloser
}

// Decode implements [Stream].
func (s *zeekStream) Decode(ctx context.Context, r io.Reader, sink record.Sink) (err error) {
	if s.open != nil {
		details, openErr := s.open()
		if openErr != nil {
			return openErr
		}
		for _, d := range details {
			defer func() { err = errors.Join(err, d.Close()) }()
			s.log.details.siblings = append(s.log.details.siblings, newZeekSibling(d.Format, d))
		}
	}
	return (&lineStream{message: s.log}).Decode(ctx, r, sink)
}
