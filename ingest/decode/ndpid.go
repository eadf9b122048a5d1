package decode

import (
	"bytes"
	"container/list"
	"hash/maphash"
	"net/netip"
	"slices"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

const (
	maxNDPIdFlows   = 1 << 16  // flows of which an end is awaited
	maxHeldPayloads = 32 << 20 // bytes of payloads kept for [Inspect], over all flows
)

// ndpid reads the JSON events of nDPId (https://github.com/utoni/nDPId, schema/): one
// object a line, with or without the decimal length that its sockets write before it.
//
// The events of a flow are joined: the counts are those of its last event, the name,
// ALPN and JA4 those of the last event that had them, the label the last. Beyond
// maxNDPIdFlows the flow that was silent longest is given as it is, and at the end of
// the source all that are left. As a [Message] nothing is joined and end and idle
// events make the flow.
type ndpid struct {
	inspect Inspect
	joined  bool
	seed    maphash.Seed
	flows   map[uint64]*list.Element // of *ndpidFlow
	order   *list.List               // by last event, oldest first
	held    int
	last    int64 // position of the last event

	event ndpidEvent
	scan  jsonscan.Scanner // the event
	ndpi  jsonscan.Scanner // its "ndpi" object
	inner jsonscan.Scanner // "tls", "quic", "confidence" in it
	tls   jsonscan.Scanner // "tls" in "quic"
	alone ndpidFlow
}

// ndpidEvent is one event as it stands.
type ndpidEvent struct {
	kind          ndpidKind
	name          []byte
	alias, source []byte
	id            uint64
	hasID         bool
	src, dst      netip.Addr
	srcPort       uint64
	dstPort       uint64
	protocol      []byte
	first         int64 // ms
	srcLast       int64
	dstLast       int64
	badTime       bool
	srcBytes      uint64
	dstBytes      uint64
	srcPkts       uint64
	dstPkts       uint64
	midstream     bool
	simulated     bool
	label         []byte
	confidence    uint8
	hostname      []byte
	ja4, alpn     []byte
	hasTLS        bool
	packet        []byte // base64
	l3, l4, l4Len uint64
	now           uint64 // µs
}

type ndpidKind uint8

const (
	ndpidUnknown ndpidKind = iota
	ndpidFlowEvent
	ndpidPacketEvent
	ndpidDaemonEvent
	ndpidErrorEvent
)

func newNDPId(inspect Inspect, joined bool) *ndpid {
	return &ndpid{inspect: inspect, joined: joined, seed: maphash.MakeSeed(), flows: map[uint64]*list.Element{}, order: list.New()}
}

// Decode implements [Message]; a line may hold several length-prefixed events.
func (d *ndpid) Decode(msg []byte, position int64, sink record.Sink) {
	begin := len(msg)
	msg = trimMark(msg)
	position += int64(begin - len(msg))
	text := bytes.TrimRight(msg, " \t\r\n")
	switch {
	case len(text) == 0:
		sink.Skip(blank, position)
		return
	case text[0] == '~':
		sink.Skip("statistics line", position) // nDPId-test writes them behind its events
		return
	}
	for at := 0; at < len(text); {
		object, prefixed := cutLength(text[at:])
		used := len(text) - at
		if prefixed {
			digitsLen := len(text) - at - len(object)
			if n, ok := optional(text[at : at+digitsLen]); ok && n < uint64(len(object)) {
				used = digitsLen + int(n)
				object = object[:n]
			}
		}
		d.object(object, text[at:at+used], position+int64(at), sink)
		at += used
	}
}

func (d *ndpid) object(object, raw []byte, position int64, sink record.Sink) {
	d.event, d.last = ndpidEvent{}, position
	if err := d.read(object); err != nil {
		sink.Reject(err.Error(), raw, position)
		return
	}
	e := &d.event
	switch {
	case e.kind == ndpidUnknown:
		sink.Reject("not an event of nDPId", raw, position)
	case e.kind == ndpidDaemonEvent:
		sink.Skip("daemon event", position)
	case e.kind == ndpidErrorEvent:
		sink.Skip("error event", position)
	case e.kind == ndpidPacketEvent && !e.hasID:
		sink.Skip("packet event without a flow", position)
	case !e.hasID:
		sink.Reject("flow event without a flow_id", raw, position)
	case e.kind == ndpidPacketEvent:
		d.packetEvent()
		sink.Skip("packet event of a flow", position)
	default:
		d.flowEvent(raw, position, sink)
	}
}

// flowEvent joins a flow event, and gives the flow if it was its last.
func (d *ndpid) flowEvent(raw []byte, position int64, sink record.Sink) {
	e := &d.event
	last := string(e.name) == "end" || string(e.name) == "idle"
	if reason := e.check(); reason != "" {
		sink.Reject(reason, raw, position)
		return
	}
	if !d.joined {
		if !last {
			sink.Skip("flow event before the end of its flow", position)
			return
		}
		d.alone.reset()
		d.alone.began = position
		d.alone.join(e)
		d.give(&d.alone, position, sink)
		return
	}
	el := d.flowOf(e, position, sink)
	f := el.Value.(*ndpidFlow)
	f.join(e)
	if !last {
		sink.Skip("flow event before the end of its flow", position)
		return
	}
	d.drop(el)
	d.give(f, position, sink)
}

func (d *ndpid) key(e *ndpidEvent) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	h.Write(e.alias)
	h.WriteByte(0)
	h.Write(e.source)
	for shift := 0; shift < 64; shift += 8 {
		h.WriteByte(byte(e.id >> shift))
	}
	return h.Sum64()
}

// flowOf finds the flow of an event, or begins it; a flow that has to make room is given.
func (d *ndpid) flowOf(e *ndpidEvent, position int64, sink record.Sink) *list.Element {
	key := d.key(e)
	if el, ok := d.flows[key]; ok {
		d.order.MoveToBack(el)
		return el
	}
	if len(d.flows) >= maxNDPIdFlows {
		oldest := d.order.Front()
		d.drop(oldest)
		d.give(oldest.Value.(*ndpidFlow), position, sink)
	}
	el := d.order.PushBack(&ndpidFlow{key: key, began: position})
	d.flows[key] = el
	return el
}

func (d *ndpid) drop(el *list.Element) {
	f := el.Value.(*ndpidFlow)
	d.order.Remove(el)
	delete(d.flows, f.key)
	for _, p := range f.payloads {
		d.held -= len(p.Data)
	}
}

func (d *ndpid) give(f *ndpidFlow, position int64, sink record.Sink) {
	f.finish()
	if d.inspect != nil && len(f.payloads) > 0 {
		d.inspect(&f.flow, f.payloads)
	}
	f.flow.Since = position - f.began
	sink.Flow(&f.flow, position)
}

// flush gives the flows whose end was not seen, the one that was silent longest first.
func (d *ndpid) flush(position int64, sink record.Sink) {
	for el := d.order.Front(); el != nil; el = d.order.Front() {
		d.drop(el)
		d.give(el.Value.(*ndpidFlow), max(position, d.last), sink)
	}
}

// check gives the reason why a flow event cannot be used.
func (e *ndpidEvent) check() string {
	switch {
	case !e.src.IsValid():
		return noSource
	case !e.dst.IsValid():
		return noDestination
	case e.srcPort > 65535 || e.dstPort > 65535:
		return badPort
	case !plausible(1, e.srcBytes, e.dstBytes, e.srcPkts, e.dstPkts):
		return badCount
	case e.badTime:
		return badTime
	case e.first == 0 && e.srcLast == 0:
		return noTime
	}
	if _, ok := protocolNumber(e.protocol); !ok {
		return badProtocol
	}
	return ""
}

// time reads a time in microseconds, or in milliseconds where those make one of these years. One just
// after 1970 stays what it is: captures may count from their beginning.
func (e *ndpidEvent) time(v jsonscan.Value) int64 {
	ms, how := readTime(v, micros)
	n, isNumber := v.Uint64()
	if isNumber && (how == absent || how == guessed && n < firstReal) {
		return int64(n / 1000)
	}
	e.badTime = e.badTime || how == unreadable
	return ms
}

// read takes the keys of an event.
func (d *ndpid) read(object []byte) error {
	e, s := &d.event, &d.scan
	for s.Reset(object); s.Next(); {
		v := s.Value()
		switch string(s.Key()) {
		case "flow_event_name":
			e.kind, e.name = ndpidFlowEvent, s.Text()
		case "packet_event_name":
			e.kind, e.name = ndpidPacketEvent, s.Text()
		case "daemon_event_name":
			e.kind = ndpidDaemonEvent
		case "error_event_name":
			e.kind = ndpidErrorEvent
		case "flow_id":
			e.id, e.hasID = v.Uint64()
		case "alias":
			e.alias = s.Text()
		case "source":
			e.source = s.Text()
		case "src_ip":
			e.src, _ = parseAddress(s.Text())
		case "dst_ip":
			e.dst, _ = parseAddress(s.Text())
		case "src_port":
			e.srcPort = number(v)
		case "dst_port":
			e.dstPort = number(v)
		case "l4_proto":
			if e.protocol = s.Text(); e.protocol == nil {
				e.protocol = v.Raw()
			}
		case "flow_first_seen":
			e.first = e.time(v)
		case "flow_src_last_pkt_time":
			e.srcLast = e.time(v)
		case "flow_dst_last_pkt_time":
			e.dstLast = e.time(v)
		case "flow_src_tot_l4_payload_len":
			e.srcBytes = number(v)
		case "flow_dst_tot_l4_payload_len":
			e.dstBytes = number(v)
		case "flow_src_packets_processed":
			e.srcPkts = number(v)
		case "flow_dst_packets_processed":
			e.dstPkts = number(v)
		case "midstream":
			n, _ := v.Uint64()
			e.midstream = n == 1
		case "thread_ts_usec":
			e.now, _ = v.Uint64()
		case "pkt":
			e.packet = s.Text()
		case "pkt_l3_offset":
			e.l3, _ = v.Uint64()
		case "pkt_l4_offset":
			e.l4, _ = v.Uint64()
		case "pkt_l4_len":
			e.l4Len, _ = v.Uint64()
		case "simulated":
			e.simulated, _ = v.Bool()
		case "ndpi":
			if v.Kind() == jsonscan.Object {
				d.readNDPI(v.Raw())
			}
		}
	}
	return s.Err()
}

// readNDPI takes what nDPI itself wrote. Its members were checked with the event.
func (d *ndpid) readNDPI(object []byte) {
	e, s := &d.event, &d.ndpi
	for s.Reset(object); s.Next(); {
		v := s.Value()
		nested := v.Kind() == jsonscan.Object
		switch key := string(s.Key()); {
		case key == "proto":
			e.label = s.Text()
		case key == "hostname":
			e.hostname = s.Text()
		case key == "confidence" && nested:
			for d.inner.Reset(v.Raw()); d.inner.Next(); {
				e.confidence = ndpiConfidence(d.inner.Text())
			}
		case key == "tls" && nested:
			d.readTLS(&d.inner, v.Raw())
		case key == "quic" && nested:
			for d.inner.Reset(v.Raw()); d.inner.Next(); {
				if string(d.inner.Key()) == "tls" && d.inner.Value().Kind() == jsonscan.Object {
					d.readTLS(&d.tls, d.inner.Value().Raw())
				}
			}
		}
	}
}

func (d *ndpid) readTLS(s *jsonscan.Scanner, object []byte) {
	e := &d.event
	e.hasTLS = true
	var advertised []byte
	for s.Reset(object); s.Next(); {
		switch string(s.Key()) {
		case "ja4":
			e.ja4 = s.Text()
		case "negotiated_alpn":
			e.alpn = s.Text()
		case "advertised_alpns":
			advertised, _, _ = bytes.Cut(s.Text(), []byte(","))
		}
	}
	if len(e.alpn) == 0 {
		e.alpn = advertised
	}
}

// ndpiConfidence puts nDPI's words into percent. nDPI orders them (ndpi_confidence_t
// in ndpi_typedefs.h) and does not quantify them: the numbers are ours.
func ndpiConfidence(word []byte) uint8 {
	switch string(word) {
	case "DPI":
		return 95
	case "DPI (cache)":
		return 80
	case "Match by custom rule":
		return 70
	case "DPI (partial cache)", "DPI (partial)", "nBPF":
		return 60
	case "DPI (aggressive)":
		return 50
	case "Match by IP":
		return 30
	case "Match by port":
		return 10
	}
	return 0
}

// ndpidFlow is a flow as far as its events have told.
type ndpidFlow struct {
	key        uint64
	began      int64 // position of its first event
	flow       record.Flow
	unknown    bool // the flow's protocol has no label
	sni, alpn  []byte
	ja4        []byte
	label      []byte
	confidence uint8
	exporter   []byte
	payloads   []Payload
	sizes      int
	next       [2]uint32 // TCP: sequence number that comes next, by direction
	begun      [2]bool
}

func (f *ndpidFlow) reset() {
	*f = ndpidFlow{sni: f.sni[:0], alpn: f.alpn[:0], ja4: f.ja4[:0], label: f.label[:0], exporter: f.exporter[:0]}
}

// join takes what an event says; what it leaves out stays.
func (f *ndpidFlow) join(e *ndpidEvent) {
	flags, sizes := f.flow.TCPFlags, f.flow.FirstSizes
	r := &f.flow
	r.Reset()
	r.TCPFlags, r.FirstSizes = flags, sizes
	r.Start = e.first
	if r.Start == 0 {
		r.Start = e.srcLast
	}
	r.End = max(r.Start, e.srcLast, e.dstLast)
	r.Src, r.Dst = e.src, e.dst
	r.SrcPort, r.DstPort = uint16(e.srcPort), uint16(e.dstPort)
	r.Protocol, _ = protocolNumber(e.protocol)
	r.SrcBytes, r.DstBytes = e.srcBytes, e.dstBytes
	r.SrcPackets, r.DstPackets = e.srcPkts, e.dstPkts
	r.LenSemantics = schemas.LenL4Payload
	r.Initiator = !e.midstream
	r.Simulated = e.simulated
	if e.midstream {
		r.Traits |= schemas.TraitMidstream
	}
	f.exporter = append(f.exporter[:0], e.alias...)
	if e.label != nil {
		f.label = append(append(f.label[:0], "ndpi:"...), e.label...)
		f.unknown = string(e.label) == "Unknown"
		f.confidence = e.confidence
	}
	if e.hasTLS && len(e.hostname) > 0 {
		f.sni = append(f.sni[:0], e.hostname...)
	}
	if len(e.alpn) > 0 {
		f.alpn = append(f.alpn[:0], e.alpn...)
	}
	if len(e.ja4) > 0 {
		f.ja4 = append(f.ja4[:0], e.ja4...)
	}
}

// finish points the record at what was joined.
func (f *ndpidFlow) finish() {
	if f.flow.DstPackets == 0 && slices.Min(f.flow.FirstSizes[:]) >= 0 {
		f.flow.Traits |= schemas.TraitUnanswered
	}
	f.flow.SNI, f.flow.ALPN, f.flow.JA4, f.flow.Exporter = f.sni, f.alpn, f.ja4, f.exporter
	if len(f.label) > 0 && !f.unknown {
		f.flow.SensorLabel, f.flow.SensorConfidence = f.label, f.confidence
	}
}
