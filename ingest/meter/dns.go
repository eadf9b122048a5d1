package meter

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

const portDNS = 53

// Bounds of the pairing of questions with answers.
const (
	maxQueries   = 64   // of one flow, without an answer yet
	queryTimeout = 30e6 // µs after which a question is given out without answer
)

// query is a DNS question that waits for its answer.
type query struct {
	id       uint16
	kind     uint16
	up       bool
	time     int64 // µs
	position int64
	name     []byte
}

// dnsMessage pairs questions with answers; what is no DNS message is left to the flow.
func (in *inspection) dnsMessage(f *flow, b []byte, wire int, up bool, now, position int64) {
	msg := &in.message
	if msg.Parse(b, wire) != nil || msg.Opcode != 0 || len(msg.Name) == 0 && msg.Type == 0 {
		return
	}
	if !msg.Response {
		in.ask(f, msg, up, now, position)
		return
	}
	in.answer(f, msg, up, now, position)
}

// ask notes a question.
func (in *inspection) ask(f *flow, msg *dnsmsg.Message, up bool, now, position int64) {
	for len(f.queries) > 0 && (len(f.queries) == maxQueries || now-f.queries[0].time > queryTimeout) {
		in.giveQuery(f, &f.queries[0])
		f.dropQuery(0)
	}
	if f.findQuery(msg, up) >= 0 {
		return // asked again
	}
	n := len(f.queries)
	if n < cap(f.queries) {
		f.queries = f.queries[:n+1]
	} else {
		f.queries = append(f.queries, query{})
	}
	q := &f.queries[n]
	*q = query{id: msg.ID, kind: msg.Type, up: up, time: now, position: position, name: append(q.name[:0], msg.Name...)}
}

func (f *flow) findQuery(msg *dnsmsg.Message, up bool) int {
	for i := range f.queries {
		q := &f.queries[i]
		if q.id == msg.ID && q.kind == msg.Type && q.up == up && bytes.EqualFold(q.name, msg.Name) {
			return i
		}
	}
	return -1
}

// dropQuery removes a question and keeps its buffer behind the end for reuse.
func (f *flow) dropQuery(i int) {
	q := f.queries[i]
	copy(f.queries[i:], f.queries[i+1:])
	f.queries[len(f.queries)-1] = q
	f.queries = f.queries[:len(f.queries)-1]
}

// answer gives out a question with its answer; an answer whose question was not
// captured stands for both.
func (in *inspection) answer(f *flow, msg *dnsmsg.Message, up bool, now, position int64) {
	r := &in.dns
	r.Reset()
	r.Time = now / 1000
	i := f.findQuery(msg, !up)
	if i >= 0 {
		q := &f.queries[i]
		r.Time, position = q.time/1000, q.position
		r.LatencyUS = uint32(min(max(now-q.time, 0), 1<<32-1))
		f.dropQuery(i)
	}
	r.Client, r.Resolver = f.src, f.dst
	if up {
		r.Client, r.Resolver = f.dst, f.src
	}
	r.Name, r.Type, r.Rcode = msg.Name, msg.Type, uint16(msg.Rcode)
	r.Answers = append(r.Answers, msg.Answers...)
	in.answered(r, position)
}

// giveQuery gives out a question without answer.
func (in *inspection) giveQuery(f *flow, q *query) {
	r := &in.dns
	r.Reset()
	r.Time = q.time / 1000
	r.Client, r.Resolver = f.src, f.dst
	if !q.up {
		r.Client, r.Resolver = f.dst, f.src
	}
	r.Name, r.Type, r.Rcode = q.name, q.kind, schemas.NoRcode
	in.answered(r, q.position)
}

// dnsStreams holds both directions of a DNS conversation over TCP.
type dnsStreams struct {
	bytes [2][]byte
	times [2][]streamTime
}

// streamTime is when the bytes of a stream up to an offset had arrived.
type streamTime struct {
	to   int
	time int64
}

// dnsStream reads the messages of DNS over TCP, each behind its length (RFC 1035
// section 4.2.2): first the questions, then the answers.
func (in *inspection) dnsStream(f *flow) {
	for i := range in.streams.bytes {
		in.streams.bytes[i], in.streams.times[i] = in.streams.bytes[i][:0], in.streams.times[i][:0]
	}
	broken := [2]bool{}
	for _, p := range f.payloads {
		i := 0
		if !p.up {
			i = 1
		}
		broken[i] = broken[i] || p.gap
		if broken[i] {
			continue
		}
		in.streams.bytes[i] = append(in.streams.bytes[i], f.buffered[p.from:p.to]...)
		in.streams.times[i] = append(in.streams.times[i], streamTime{len(in.streams.bytes[i]), p.time})
		broken[i] = p.to-p.from < p.size
	}
	position := f.position
	for i, b := range in.streams.bytes {
		for at := 0; at+2 <= len(b); {
			end := at + 2 + int(binary.BigEndian.Uint16(b[at:]))
			if end > len(b) {
				break
			}
			in.dnsMessage(f, b[at+2:end], end-at-2, i == 0, in.streams.timeOf(i, end), position)
			at = end
		}
	}
}

// timeOf gives when the byte before an offset of a stream arrived.
func (s *dnsStreams) timeOf(stream, offset int) int64 {
	for _, t := range s.times[stream] {
		if offset <= t.to {
			return t.time
		}
	}
	return 0
}
