package decode

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/banshift/banshift/ingest/record"
)

// Field numbers of goflow2's FlowMessage
// (https://github.com/netsampler/goflow2/blob/main/pb/flow.proto).
const (
	pbType           = 1
	pbSamplingRate   = 3
	pbSrcAddr        = 6
	pbDstAddr        = 7
	pbBytes          = 9
	pbPackets        = 10
	pbSamplerAddress = 11
	pbProto          = 20
	pbSrcPort        = 21
	pbDstPort        = 22
	pbTCPFlags       = 26
	pbTimeReceivedNS = 110
	pbTimeStartNS    = 111
	pbTimeEndNS      = 112
)

// maxFlowMessage bounds one message: goflow2's are a few hundred bytes.
const maxFlowMessage = 64 << 10

// goflow2Protobuf reads FlowMessage with protowire: no message is built.
type goflow2Protobuf struct {
	flow    record.Flow
	raw     wireFlow
	known   bool // some field is goflow2's
	sampler [64]byte
}

// Decode implements [Message]: one FlowMessage, with or without its length before it.
func (d *goflow2Protobuf) Decode(msg []byte, position int64, sink record.Sink) {
	body := msg
	if n, used := protowire.ConsumeVarint(msg); used > 0 && n == uint64(len(msg)-used) {
		body = msg[used:]
	}
	d.body(body, msg, position, sink)
}

func (d *goflow2Protobuf) body(body, raw []byte, position int64, sink record.Sink) {
	if !d.read(body) {
		sink.Reject("not a goflow2 protobuf message", raw, position)
		return
	}
	if reason := d.raw.fill(&d.flow); reason != "" {
		sink.Reject(reason, raw, position)
		return
	}
	sink.Flow(&d.flow, position)
}

// read takes the fields of one message; it is false where the bytes are none.
func (d *goflow2Protobuf) read(b []byte) bool {
	d.raw, d.known = wireFlow{}, false
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		switch kind {
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return false
			}
			d.varint(num, v)
			b = b[n:]
		case protowire.BytesType:
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return false
			}
			d.bytes(num, v)
			b = b[n:]
		default:
			n := protowire.ConsumeFieldValue(num, kind, b)
			if n < 0 {
				return false
			}
			b = b[n:]
		}
	}
	return true
}

func (d *goflow2Protobuf) varint(num protowire.Number, v uint64) {
	f := &d.raw
	d.known = d.known || num == pbTimeReceivedNS || num == pbTimeStartNS || num == pbProto || num == pbBytes
	switch num {
	case pbType:
		f.frames = v == 1 // SFLOW_5
	case pbSamplingRate:
		f.sampling = v
	case pbBytes:
		f.bytes = v
	case pbPackets:
		f.packets = v
	case pbProto:
		f.protocol, f.badProtocol = uint8(v), v > 255
	case pbSrcPort:
		f.srcPort = v
	case pbDstPort:
		f.dstPort = v
	case pbTCPFlags:
		f.flags = v
	case pbTimeReceivedNS:
		f.took(&f.received)(readWhole(v, nanos))
	case pbTimeStartNS:
		f.took(&f.start)(readWhole(v, nanos))
	case pbTimeEndNS:
		f.took(&f.end)(readWhole(v, nanos))
	}
}

func (d *goflow2Protobuf) bytes(num protowire.Number, v []byte) {
	f := &d.raw
	switch num {
	case pbSrcAddr, pbDstAddr:
		a, ok := addressFromBytes(v)
		if !ok && len(v) > 0 {
			f.badAddress = true
		}
		if num == pbSrcAddr {
			f.src = a
		} else {
			f.dst = a
		}
	case pbSamplerAddress:
		if a, ok := addressFromBytes(v); ok {
			f.exporter = a.AppendTo(d.sampler[:0])
		}
	}
}

// goflow2ProtobufStream reads messages one after another, each behind its length as varint.
type goflow2ProtobufStream struct{ message goflow2Protobuf }

// Decode implements [Stream].
func (s *goflow2ProtobufStream) Decode(ctx context.Context, r io.Reader, sink record.Sink) error {
	in := &countingReader{r: bufio.NewReaderSize(r, 256<<10)}
	buf := make([]byte, maxFlowMessage)
	head, _ := in.r.Peek(HeadBytes)
	separated, _ := delimited(head)
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at := in.n
		size, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) && in.n == at {
			return nil
		}
		if err != nil {
			return &LeftError{at, fmt.Errorf("length of the message at byte %d: %w", at, cut(err))}
		}
		if size > maxFlowMessage {
			return fmt.Errorf("message at byte %d claims %d bytes: not length-delimited goflow2 protobuf (-format bin), written with another -transport.file.sep than a newline or nothing, or damaged", at, size)
		}
		if _, err := io.ReadFull(in, buf[:size]); err != nil {
			return &LeftError{at, fmt.Errorf("message at byte %d: %w", at, cut(err))}
		}
		s.message.body(buf[:size], buf[:size], at, sink)
		if separated {
			if err := in.skipSeparator(); err != nil {
				return err
			}
		}
	}
}

// cut says in words what an unexpected end means.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the source is cut in the middle, what came before was read: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// countingReader knows how many bytes were taken.
type countingReader struct {
	r *bufio.Reader
	n int64
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// skipSeparator passes over the newline behind a message; the last may have none.
func (c *countingReader) skipSeparator() error {
	b, err := c.ReadByte()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("read at byte %d: %w", c.n, err)
	case b != separator:
		return fmt.Errorf("no newline behind the message that ends at byte %d: damaged, or parted by something else", c.n-1)
	}
	return nil
}

// ReadByte implements io.ByteReader.
func (c *countingReader) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// separator is what goflow2's file transport writes behind each message unless it is told
// otherwise (-transport.file.sep).
const separator = '\n'

// isDelimitedFlow reports whether head begins with whole length-delimited FlowMessages, at
// least one of which carries addresses: frames that are not IP have none.
func isDelimitedFlow(head []byte) bool {
	_, ok := delimited(head)
	return ok
}

// delimited says how the messages that head begins with are parted. A newline is also the
// length of a message of ten bytes: what reads more messages with addresses is right.
func delimited(head []byte) (separated, ok bool) {
	bare, parted := addressed(head, false), addressed(head, true)
	return parted > bare, max(bare, parted) > 0
}

// addressed is how many messages with addresses head begins with, or 0 where it does not
// consist of messages.
func addressed(head []byte, separated bool) (found int) {
	for len(head) > 0 {
		size, n := protowire.ConsumeVarint(head)
		if n < 0 || uint64(len(head)-n) < size && size <= maxFlowMessage {
			return found // cut
		}
		var d goflow2Protobuf
		if size == 0 || size > maxFlowMessage || !d.read(head[n:n+int(size)]) || d.raw.badAddress || !d.known {
			return 0
		}
		if d.raw.src.IsValid() && d.raw.dst.IsValid() {
			found++
		}
		head = head[n+int(size):]
		if separated && len(head) > 0 {
			if head[0] != separator {
				return 0
			}
			head = head[1:]
		}
	}
	return found
}
