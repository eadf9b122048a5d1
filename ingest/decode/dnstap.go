package decode

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	dnstap "github.com/dnstap/golang-dnstap"
	"google.golang.org/protobuf/proto"

	"github.com/banshift/banshift/ingest/record"
)

// maxFrame is the largest frame read; dnstap frames hold at most two DNS messages.
const maxFrame = 256 << 10

// dnstapDecoder reads dnstap protobuf messages (https://dnstap.info). As a [Stream] it
// reads Frame Streams and pairs queries with responses.
type dnstapDecoder struct {
	pairs *dnsPairs
	tap   dnstap.Dnstap
	msg   tapMessage
	dns   record.DNS
}

// Decode implements [Message]: one dnstap protobuf message.
func (d *dnstapDecoder) Decode(msg []byte, position int64, sink record.Sink) {
	d.tap.Reset()
	if err := proto.Unmarshal(msg, &d.tap); err != nil || d.tap.Message == nil {
		sink.Reject("not a dnstap message", msg, position)
		return
	}
	m := d.tap.Message
	client, isQuery, ok := dnstapOperation([]byte(m.GetType().String()))
	switch {
	case !ok:
		sink.Reject("unknown dnstap operation", msg, position)
		return
	case !client:
		sink.Skip("not between a client and its resolver", position)
		return
	case m.ResponsePort != nil && !isResolverPort(uint16(m.GetResponsePort())):
		sink.Skip(notDNS, position)
		return
	}
	wire := m.ResponseMessage
	if isQuery {
		wire = m.QueryMessage
	}
	if len(wire) == 0 {
		sink.Reject("no dns message: have the server log messages in full", msg, position)
		return
	}
	if !d.msg.read(wire) {
		sink.Reject("unreadable dns message", msg, position)
		return
	}
	if reason := d.fill(m, isQuery); reason != "" {
		sink.Reject(reason, msg, position)
		return
	}
	port := uint16(m.GetQueryPort())
	if isQuery {
		d.pairs.query(&d.dns, port, d.msg.id, position, sink)
		return
	}
	d.pairs.response(&d.dns, port, d.msg.id, position, sink)
}

// fill makes the record of a message whose DNS part has been unpacked.
func (d *dnstapDecoder) fill(m *dnstap.Message, isQuery bool) (reason string) {
	r := &d.dns
	r.Reset()
	var ok bool
	if r.Client, ok = addressFromBytes(m.QueryAddress); !ok && len(m.QueryAddress) > 0 {
		return badAddress
	}
	if r.Resolver, ok = addressFromBytes(m.ResponseAddress); !ok && len(m.ResponseAddress) > 0 {
		return badAddress
	}
	asked := tapTime(m.QueryTimeSec, m.QueryTimeNsec)
	answered := tapTime(m.ResponseTimeSec, m.ResponseTimeNsec)
	if asked == 0 {
		asked = answered
	}
	r.Time = asked / 1000
	if !isUnknown(d.tap.Identity) {
		r.Exporter = d.tap.Identity
	}
	r.Name, r.Type = d.msg.name, d.msg.qtype
	if isQuery {
		return checkDNS(r)
	}
	r.Rcode = d.msg.rcode
	if wait := answered - asked; wait > 0 && wait < 1<<32 {
		r.LatencyUS = uint32(wait)
	}
	r.Answers = append(r.Answers, d.msg.answers...)
	return checkDNS(r)
}

// tapTime gives microseconds, 0 where the time is absent or out of range.
func tapTime(sec *uint64, nsec *uint32) int64 {
	if sec == nil || *sec > maxSeconds {
		return 0
	}
	us := int64(*sec) * 1_000_000
	if nsec != nil && *nsec < 1_000_000_000 {
		us += int64(*nsec / 1000)
	}
	return us
}

// Control frames of Frame Streams (https://farsightsec.github.io/fstrm/).
const (
	frameAccept = 1
	frameStart  = 2
	frameStop   = 3
	frameReady  = 4
	frameFinish = 5
)

// dnstapStream reads Frame Streams without the library's reader, which does not say at
// which byte a frame began.
type dnstapStream struct{ message dnstapDecoder }

// Decode implements [Stream].
func (s *dnstapStream) Decode(ctx context.Context, r io.Reader, sink record.Sink) error {
	in := &countingReader{r: bufio.NewReaderSize(r, 256<<10)}
	last, err := s.frames(ctx, in, sink)
	s.message.pairs.flush(last, sink)
	return err
}

func (s *dnstapStream) frames(ctx context.Context, in *countingReader, sink record.Sink) (last int64, err error) {
	buf := make([]byte, maxFrame)
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return last, ctx.Err()
		}
		at := in.n
		size, err := frameLength(in)
		if errors.Is(err, io.EOF) && in.n == at && n > 0 {
			return last, nil // a writer that was killed leaves no STOP
		}
		if err != nil {
			return last, &LeftError{at, fmt.Errorf("frame at byte %d: %w", at, cut(err))}
		}
		control := size == 0
		if control {
			if size, err = frameLength(in); err != nil {
				return last, &LeftError{at, fmt.Errorf("control frame at byte %d: %w", at, cut(err))}
			}
		}
		if size > maxFrame || control && size < 4 || n == 0 && !control {
			return last, fmt.Errorf("frame at byte %d: not Frame Streams, or damaged", at)
		}
		if _, err := io.ReadFull(in, buf[:size]); err != nil {
			return last, &LeftError{at, fmt.Errorf("frame at byte %d: %w", at, cut(err))}
		}
		if !control {
			last = at
			s.message.Decode(buf[:size], at, sink)
			continue
		}
		switch binary.BigEndian.Uint32(buf) {
		case frameStop, frameStart, frameReady, frameAccept, frameFinish: // another stream may follow
		default:
			return last, fmt.Errorf("frame at byte %d: not a control frame of Frame Streams", at)
		}
	}
}

func frameLength(in io.Reader) (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(in, b[:])
	return binary.BigEndian.Uint32(b[:]), err
}
