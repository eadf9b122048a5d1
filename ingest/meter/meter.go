package meter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/banshift/banshift/ingest/meter/capture"
	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/ingest/meter/inspect"
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
	opts      Options
	table     table
	fragments fragments
	inspector *inspect.Inspector
	view      inspect.Flow // reused for each inspection
	streams   dnsStreams   // reused for DNS over TCP
	message   dnsmsg.Message
	buffered  int // payload bytes that wait for inspection
	spare     [][]byte
	sink      record.Sink
	flow      record.Flow
	dns       record.DNS
}

// New gives a meter without open flows.
func New(opts Options) *Meter {
	opts = opts.withDefaults()
	m := &Meter{
		opts:      opts,
		table:     newTable(opts),
		inspector: inspect.New(),
	}
	m.fragments = newFragments(func(position int64) { m.sink.Skip(skipFragment, position) })
	return m
}

// Why a frame gives no flow.
const (
	skipNotIP    = "frame without ip"
	skipFragment = "datagram of which fragments are missing"
	rejectLink   = "unknown link type"
	// Simple Packet Blocks of pcapng have no time (draft-ietf-opsawg-pcapng section 4.4).
	rejectTimeless = "packet without a time"
	rejectIP       = "ip header is malformed"
	rejectPayload  = "transport header is malformed or cut"
)

// checkEvery is how many frames pass between looks at the context.
const checkEvery = 1024

// Decode reads a pcap or pcapng capture from r and hands its flows and DNS messages to
// sink. A flow is given out when it ends, when it was idle too long, or at the end of
// the capture. Of a capture that is cut or broken the flows so far are given out and
// the error names the byte at which reading stopped.
//
// The position of a flow or query is the byte offset of the record of its first
// packet, plus the number of tunnels around it, which keeps positions unique.
func (m *Meter) Decode(ctx context.Context, r io.Reader, sink record.Sink) error {
	frames, err := capture.NewReader(r)
	if err != nil {
		return err
	}
	m.sink = sink
	err = m.frames(ctx, frames)
	m.flush()
	return err
}

func (m *Meter) frames(ctx context.Context, frames *capture.Reader) error {
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return fmt.Errorf("capture was read up to byte %d: %w", frames.Offset(), context.Cause(ctx))
		}
		frame, err := frames.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		m.frame(&frame)
	}
}

// frame meters one captured frame.
func (m *Meter) frame(f *capture.Frame) {
	if !packet.KnownLink(f.Link) {
		m.sink.Reject(rejectLink, nil, f.Position)
		return
	}
	if f.Timeless {
		m.sink.Reject(rejectTimeless, nil, f.Position)
		return
	}
	ip, ok := packet.Network(f.Link, f.Data)
	if !ok {
		m.sink.Skip(skipNotIP, f.Position)
		return
	}
	wire := f.WireLen - (len(f.Data) - len(ip))
	m.datagram(ip, wire, f.Time, f.Position, 0)
}

// datagram meters one IP packet, and what it carries where it is a tunnel's.
func (m *Meter) datagram(ip []byte, wire int, now, position int64, depth int) {
	d, err := packet.ParseIP(ip, wire)
	if err != nil {
		m.sink.Reject(rejectIP, nil, position)
		return
	}
	if !d.Fragment {
		m.whole(&d, now, position, depth)
		return
	}
	if whole, ok := m.fragments.add(&d, now, position); ok {
		m.whole(&whole, now, position, depth)
	}
}

// whole meters one datagram that is not a fragment.
func (m *Meter) whole(d *packet.Datagram, now, position int64, depth int) {
	s, err := packet.ParseTransport(d)
	if err != nil {
		m.sink.Reject(rejectPayload, nil, position)
		return
	}
	m.expire(now)
	m.segment(d, &s, now, position+int64(depth))
	if depth == maxTunnels {
		return
	}
	if ip, ok := packet.Inner(d.Protocol, &s); ok {
		m.datagram(ip, len(ip)+s.Len-len(s.Payload), now, position, depth+1)
	}
}

// segment adds one packet to its flow.
func (m *Meter) segment(d *packet.Datagram, s *packet.Segment, now, position int64) {
	k, swapped := keyOf(d, s)
	f := m.table.find(k)
	if f != nil && f.endsBefore(s, now, m.table.idle(f)) {
		m.give(f)
		f = nil
	}
	if f == nil {
		if m.table.full() {
			m.give(m.table.oldest())
		}
		f = m.table.add(k, swapped)
		f.begin(d, s, now, position)
	}
	up := swapped == f.swapped
	f.count(s, up, now)
	m.table.touch(f)
	switch d.Protocol {
	case packet.TCP:
		m.tcpPayload(f, s, up, now)
	case packet.UDP:
		m.udpPayload(f, s, up, now, position)
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
	m.fragments.flush()
}
