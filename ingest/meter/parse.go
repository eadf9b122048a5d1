package meter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/banshift/banshift/ingest/meter/capture"
	"github.com/banshift/banshift/ingest/meter/packet"
)

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

// parsed is a packet of which the headers were read, or the reason why there is none.
type parsed struct {
	src, dst netip.Addr
	segment  packet.Segment
	key      key
	swapped  bool // as of keyOf
	now      int64
	position int64
	reason   string
	skipped  bool // not rejected
}

// Bounds of a batch of packets.
const (
	maxPackets     = 1024
	maxPacketBytes = 256 << 10
	// So much fits with the last frame, so that the next batch needs no new memory.
	maxPacketRoom = maxPacketBytes + 64<<10
)

// packets is a batch of packets, in order, with the bytes that their payloads are in.
type packets struct {
	all   []parsed
	bytes []byte
	size  int // of all frames
}

// keep copies a frame's bytes, of which the reader has only one. Where they need a new piece of memory, the payloads
// that are there already keep the old one.
func (b *packets) keep(frame []byte) []byte {
	if n := len(b.bytes) + len(frame); n > cap(b.bytes) {
		b.bytes = make([]byte, 0, max(len(frame), min(2*cap(b.bytes), maxPacketRoom), 4096))
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, frame...)
	b.size += len(frame)
	return b.bytes[from:len(b.bytes):len(b.bytes)]
}

// parser reads the headers of packets.
type parser struct {
	batch     *packets
	fragments fragments
	ended     bool
	left      []int64 // positions of datagrams that were not whole at the end of the capture
}

// checkEvery is how many frames pass between looks at the context.
const checkEvery = 1024

// read passes all packets of a capture on.
func (p *parser) read(ctx context.Context, frames *capture.Reader, to passing[packets]) error {
	p.batch, p.ended, p.left = <-to.empty, false, p.left[:0]
	defer func() {
		p.ended = true
		p.fragments.flush()
		to.full <- p.batch
		p.batch = nil
	}()
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
		p.frame(&frame)
		if len(p.batch.all) < maxPackets && p.batch.size < maxPacketBytes {
			continue
		}
		to.full <- p.batch
		p.batch = <-to.empty
		p.batch.all, p.batch.bytes, p.batch.size = p.batch.all[:0], p.batch.bytes[:0], 0
	}
}

// add gives the place of the next packet.
func (p *parser) add(now, position int64) *parsed {
	p.batch.all = append(p.batch.all, parsed{now: now, position: position})
	return &p.batch.all[len(p.batch.all)-1]
}

func (p *parser) reject(reason string, position int64) { p.add(0, position).reason = reason }

func (p *parser) skip(reason string, position int64) {
	one := p.add(0, position)
	one.reason, one.skipped = reason, true
}

// lose counts a datagram of which fragments are missing.
func (p *parser) lose(position int64) {
	if p.ended {
		p.left = append(p.left, position)
		return
	}
	p.skip(skipFragment, position)
}

// frame reads one captured frame.
func (p *parser) frame(f *capture.Frame) {
	if !packet.KnownLink(f.Link) {
		p.reject(rejectLink, f.Position)
		return
	}
	if f.Timeless {
		p.reject(rejectTimeless, f.Position)
		return
	}
	ip, ok := packet.Network(f.Link, f.Data)
	if !ok {
		p.skip(skipNotIP, f.Position)
		return
	}
	wire := f.WireLen - (len(f.Data) - len(ip))
	p.datagram(p.batch.keep(ip), wire, f.Time, f.Position, 0)
}

// datagram reads one IP packet, and what it carries where it is a tunnel's.
func (p *parser) datagram(ip []byte, wire int, now, position int64, depth int) {
	d, err := packet.ParseIP(ip, wire)
	if err != nil {
		p.reject(rejectIP, position)
		return
	}
	if !d.Fragment {
		p.whole(&d, now, position, depth)
		return
	}
	if whole, ok := p.fragments.add(&d, now, position); ok {
		p.whole(&whole, now, position, depth)
	}
}

// whole reads one datagram that is not a fragment.
func (p *parser) whole(d *packet.Datagram, now, position int64, depth int) {
	s, err := packet.ParseTransport(d)
	if err != nil {
		p.reject(rejectPayload, position)
		return
	}
	one := p.add(now, position+int64(depth))
	one.src, one.dst, one.segment = d.Src, d.Dst, s
	one.key, one.swapped = keyOf(d, &s)
	if depth == maxTunnels {
		return
	}
	if ip, ok := packet.Inner(d.Protocol, &s); ok {
		p.datagram(ip, len(ip)+s.Len-len(s.Payload), now, position, depth+1)
	}
}
