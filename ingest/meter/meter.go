package meter

import (
	"context"
	"io"
	"time"

	"github.com/banshift/banshift/ingest/meter/capture"
	"github.com/banshift/banshift/ingest/meter/packet"
	"github.com/banshift/banshift/ingest/record"
)

// Options bound a [Meter]. Zero values take the defaults.
type Options struct {
	// MaxFlows is how many flows are open at a time (default 65,536). Beyond it the
	// flow that was silent longest is given out early.
	MaxFlows int
	// MaxBufferedBytes bounds the payload bytes that wait for inspection, over all flows
	// (default 64 MiB). Beyond it flows are inspected with what they have.
	MaxBufferedBytes int
	// TCPIdle ends a TCP flow without FIN or RST (default 2 h 4 min, RFC 5382 REQ-5).
	TCPIdle time.Duration
	// UDPIdle ends a UDP flow (default 30 min: RFC 4787 REQ-5 asks a NAT for 5 min at
	// least, and a tunnel that says nothing for longer is still one tunnel).
	UDPIdle time.Duration
	// OtherIdle ends a flow of any other protocol (default 30 min: an ESP or GRE
	// tunnel with nothing to carry stays one flow).
	OtherIdle time.Duration
}

func (o Options) withDefaults() Options {
	if o.MaxFlows <= 0 {
		o.MaxFlows = 1 << 16
	}
	if o.MaxBufferedBytes <= 0 {
		o.MaxBufferedBytes = 64 << 20
	}
	if o.TCPIdle <= 0 {
		o.TCPIdle = 124 * time.Minute
	}
	if o.UDPIdle <= 0 {
		o.UDPIdle = 30 * time.Minute
	}
	if o.OtherIdle <= 0 {
		o.OtherIdle = 30 * time.Minute
	}
	return o
}

// maxTunnels bounds how deep tunnels in tunnels are followed.
const maxTunnels = 4

// Meter turns packets into biflows. Its memory is bounded by [Options]; it may be
// used for one capture after another, not for two at a time.
type Meter struct {
	opts   Options
	table  table
	parser parser
	inspection
	buffered int // payload bytes that wait for inspection
	spare    buffers
	giver    giver
	ends     ends
}

// New gives a meter without open flows.
func New(opts Options) *Meter {
	opts = opts.withDefaults()
	m := &Meter{opts: opts, table: newTable(opts), giver: giver{inspection: newInspection()}}
	m.inspection = newInspection()
	m.answered, m.ends.release = m.ends.addDNS, m.release
	m.parser.fragments = newFragments(m.parser.lose)
	return m
}

// Decode reads a pcap or pcapng capture from r and hands its flows and DNS messages to
// sink. A flow is given out when it ends, when it was idle too long, or at the end of
// the capture. Of a capture that is cut or broken the flows so far are given out and
// the error names the byte at which reading stopped.
//
// The position of a flow or query is the byte offset of the record of its first
// packet, plus the number of tunnels around it, which keeps positions unique.
//
// Headers are read, flows are kept, and ended flows are inspected by a goroutine each,
// in the order of the packets.
func (m *Meter) Decode(ctx context.Context, r io.Reader, sink record.Sink) error {
	frames, err := capture.NewReader(r)
	if err != nil {
		return err
	}
	read, ended := newPassing[packets](8), newPassing[endings](16)
	go func() {
		defer close(read.full)
		err = m.parser.read(ctx, frames, read)
	}()
	go func() {
		defer close(ended.full)
		m.meter(read, ended)
	}()
	m.giver.give(ended, sink)
	return err
}

// meter adds packets to their flows, and passes on what ended.
func (m *Meter) meter(from passing[packets], to passing[endings]) {
	m.ends.begin(to)
	for batch := range from.full {
		for i := range batch.all {
			m.packet(&batch.all[i])
		}
		from.empty <- batch
	}
	m.flush()
}

// packet takes one packet, or what is counted in its place.
func (m *Meter) packet(p *parsed) {
	if p.reason != "" {
		m.ends.addReason(p)
		return
	}
	m.expire(p.now)
	m.segment(p)
}

// segment adds one packet to its flow.
func (m *Meter) segment(p *parsed) {
	s, now := &p.segment, p.now
	f := m.table.find(p.key)
	if f != nil && f.endsBefore(s, now, m.table.idle(f)) {
		m.give(f)
		f = nil
	}
	if f == nil {
		if m.table.full() {
			m.give(m.table.oldest())
		}
		f = m.table.add(p.key, p.swapped)
		f.begin(p)
	}
	up := p.swapped == f.swapped
	f.count(s, up, now)
	m.table.touch(f)
	switch f.key.protocol {
	case packet.TCP:
		m.tcpPayload(f, s, up, now)
	case packet.UDP:
		m.udpPayload(f, s, up, now, p.position)
	default:
		m.datagramPayload(f, s, up, now)
	}
}

// expire gives out the flows that were idle too long at the time now.
func (m *Meter) expire(now int64) {
	for {
		f := m.table.expired(now)
		if f == nil {
			return
		}
		m.give(f)
	}
}

// flush gives out all flows.
func (m *Meter) flush() {
	for f := m.table.oldest(); f != nil; f = m.table.oldest() {
		m.give(f)
	}
	for _, position := range m.parser.left {
		m.ends.addReason(&parsed{reason: skipFragment, skipped: true, position: position})
	}
	m.ends.to.full <- m.ends.batch
	m.ends.batch = nil
}
