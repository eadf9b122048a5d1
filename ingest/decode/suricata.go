package decode

import (
	"bytes"
	"net/netip"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// suricataEVE reads the events flow, tls and dns (versions 1 to 3) of Suricata's EVE
// (https://docs.suricata.io/en/latest/output/eve/eve-json-format.html); other events
// are skipped. Byte counts of flow events are of whole frames: their semantics stay
// unknown. A tls event is a flow without bytes, see the package comment.
type suricataEVE struct {
	pairs *dnsPairs
	flow  record.Flow
	dns   record.DNS
	label []byte

	event  suricataEvent
	scan   jsonscan.Scanner // the event
	inner  jsonscan.Scanner // "flow", "tcp", "tls", "dns"
	items  jsonscan.Scanner // "queries", "answers"
	item   jsonscan.Scanner
	answer []netip.Addr
	first  loneAnswer // as a [Message]: of the response that was counted last
}

// loneAnswer tells the answers of one response where each is an event of its own.
type loneAnswer struct {
	client   netip.Addr
	port, id uint16
	at       int64
}

// suricataEvent is one event as it stands.
type suricataEvent struct {
	kind, host       []byte
	at, start, end   int64
	src, dst         netip.Addr
	srcPort, dstPort uint64
	protocol         []byte
	app              []byte
	up, down         uint64
	pktsUp, pktsDown uint64
	flags, answered  uint8 // of both directions; of the server's
	sni, alpn, ja4   []byte
	version          []byte
	simulated        bool
	badTime          bool
	badFlags         bool
	dns              suricataDNS
}

type suricataDNS struct {
	kind, name, rtype, rcode []byte
	rdata                    []byte       // version 1: the answer
	grouped                  []netip.Addr // by type; the same as in "answers" where both are there
	id                       uint64
	version                  uint64
}

// Decode implements [Message].
func (d *suricataEVE) Decode(msg []byte, position int64, sink record.Sink) {
	msg = trimMark(msg)
	if isBlank(msg) {
		sink.Skip(blank, position)
		return
	}
	d.event, d.answer = suricataEvent{dns: suricataDNS{grouped: d.event.dns.grouped[:0]}}, d.answer[:0]
	if err := d.read(msg); err != nil {
		sink.Reject(err.Error(), msg, position)
		return
	}
	e := &d.event
	var reason string
	switch string(e.kind) {
	case "flow", "tls":
		if reason = d.fillFlow(); reason == "" {
			sink.Flow(&d.flow, position)
		}
	case "dns":
		reason = d.dnsEvent(position, sink)
	case "":
		reason = "no event_type"
	default:
		sink.Skip("event that is neither flow, dns nor tls", position)
	}
	if reason != "" {
		sink.Reject(reason, msg, position)
	}
}

func (d *suricataEVE) flush(position int64, sink record.Sink) {
	d.pairs.flush(position, sink)
}

// read takes the keys of an event.
func (d *suricataEVE) read(msg []byte) error {
	e, s := &d.event, &d.scan
	for s.Reset(msg); s.Next(); {
		v := s.Value()
		switch string(s.Key()) {
		case "event_type":
			e.kind = s.Text()
		case "timestamp":
			e.at, _ = instant(v, seconds)
		case "src_ip":
			e.src, _ = parseAddress(s.Text())
		case "dest_ip":
			e.dst, _ = parseAddress(s.Text())
		case "src_port":
			e.srcPort = number(v)
		case "dest_port":
			e.dstPort = number(v)
		case "proto":
			e.protocol = s.Text()
		case "app_proto":
			e.app = s.Text()
		case "host":
			e.host = s.Text()
		case "simulated":
			e.simulated, _ = v.Bool()
		case "flow", "tcp", "tls", "dns":
			if v.Kind() == jsonscan.Object {
				d.readInner(string(s.Key()), v.Raw())
			}
		default: // flattened by who passed it on
			if object, key, ok := bytes.Cut(s.Key(), []byte(".")); ok {
				d.innerKey(string(object), key, s, v)
			}
		}
	}
	return s.Err()
}

// readInner takes the keys of an event's own object, checked with the event.
func (d *suricataEVE) readInner(object string, data []byte) {
	s := &d.inner
	for s.Reset(data); s.Next(); {
		d.innerKey(object, s.Key(), s, s.Value())
	}
}

func (d *suricataEVE) innerKey(object string, key []byte, s *jsonscan.Scanner, v jsonscan.Value) {
	e := &d.event
	switch object {
	case "flow":
		d.flowKey(key, v)
	case "tcp":
		switch string(key) {
		case "tcp_flags":
			e.flags = e.hexByte(s.Text())
		case "tcp_flags_tc":
			e.answered = e.hexByte(s.Text())
		}
	case "tls":
		d.tlsKey(key, s, v)
	case "dns":
		d.dnsKey(key, s, v)
	}
}

// hexByte reads up to two hexadecimal digits; 0: nothing is said.
func (e *suricataEvent) hexByte(text []byte) uint8 {
	if isUnknown(text) {
		return 0
	}
	n, digits := hexGroup(text)
	if digits != len(text) || digits > 2 {
		e.badFlags = true
	}
	return uint8(n)
}

// time reads a time; 0: there is none.
func (e *suricataEvent) time(v jsonscan.Value) int64 {
	ms, how := readTime(v, seconds)
	e.badTime = e.badTime || how == unreadable
	return ms
}

func (d *suricataEVE) flowKey(key []byte, v jsonscan.Value) {
	e := &d.event
	switch string(key) {
	case "pkts_toserver":
		e.pktsUp = number(v)
	case "pkts_toclient":
		e.pktsDown = number(v)
	case "bytes_toserver":
		e.up = number(v)
	case "bytes_toclient":
		e.down = number(v)
	case "start":
		e.start = e.time(v)
	case "end":
		e.end = e.time(v)
	}
}

func (d *suricataEVE) tlsKey(key []byte, s *jsonscan.Scanner, v jsonscan.Value) {
	e := &d.event
	switch string(key) {
	case "sni":
		e.sni = s.Text()
	case "version":
		e.version = s.Text()
	case "ja4":
		e.ja4 = s.Text()
	case "server_alpn":
		e.alpn = s.Text()
	case "client_alpns":
		if v.Kind() == jsonscan.Array && len(e.alpn) == 0 {
			if d.items.Reset(v.Raw()); d.items.Next() {
				e.alpn = d.items.Text()
			}
		}
	}
}

func (d *suricataEVE) dnsKey(key []byte, s *jsonscan.Scanner, v jsonscan.Value) {
	q := &d.event.dns
	switch string(key) {
	case "type":
		q.kind = s.Text()
	case "version":
		q.version, _ = v.Uint64()
	case "id":
		q.id, _ = v.Uint64()
	case "rrname":
		q.name = s.Text()
	case "rrtype":
		q.rtype = s.Text()
	case "rcode":
		q.rcode = s.Text()
	case "rdata":
		q.rdata = s.Text()
	case "queries":
		for d.items.Reset(v.Raw()); d.items.Next() && q.name == nil; {
			for d.item.Reset(d.items.Value().Raw()); d.item.Next(); {
				switch string(d.item.Key()) {
				case "rrname":
					q.name = d.item.Text()
				case "rrtype":
					q.rtype = d.item.Text()
				}
			}
		}
	case "answers":
		d.answer = d.answer[:0] // the last of two counts
		for d.items.Reset(v.Raw()); d.items.Next(); {
			for d.item.Reset(d.items.Value().Raw()); d.item.Next(); {
				if string(d.item.Key()) == "rdata" {
					d.answer = appendAnswer(d.answer, d.item.Text())
				}
			}
		}
	case "grouped":
		q.grouped = q.grouped[:0]
		for d.items.Reset(v.Raw()); d.items.Next(); {
			for d.item.Reset(d.items.Value().Raw()); d.item.Next(); {
				q.grouped = appendAnswer(q.grouped, d.item.Text())
			}
		}
	}
}

// ends checks what every event must have.
func (e *suricataEvent) ends() string {
	switch {
	case !e.src.IsValid():
		return noSource
	case !e.dst.IsValid():
		return noDestination
	case e.srcPort > 65535 || e.dstPort > 65535:
		return badPort
	case e.at == 0 || e.badTime:
		return badTime
	case e.badFlags:
		return badFlags
	case !plausible(1, e.up, e.down, e.pktsUp, e.pktsDown):
		return badCount
	}
	return ""
}

// fillFlow makes the flow of a flow or tls event.
func (d *suricataEVE) fillFlow() (reason string) {
	e, f := &d.event, &d.flow
	if reason := e.ends(); reason != "" {
		return reason
	}
	protocol, ok := protocolNumber(e.protocol)
	if !ok {
		return badProtocol
	}
	f.Reset()
	f.Start, f.End = e.start, e.end
	if f.Start == 0 {
		f.Start = e.at
	}
	f.End = max(f.Start, f.End)
	f.Src, f.Dst = e.src, e.dst
	f.SrcPort, f.DstPort = uint16(e.srcPort), uint16(e.dstPort)
	f.Protocol, f.Initiator = protocol, true
	f.Exporter, f.Simulated = e.host, e.simulated
	app := e.app
	if string(e.kind) == "tls" {
		app = []byte("tls")
		f.SNI, f.ALPN, f.JA4 = e.sni, e.alpn, e.ja4
		f.Signatures = schemas.SignaturesOf(schemas.SigTLS)
		if len(e.version) > 0 && string(e.version) != "UNDETERMINED" {
			f.Signatures = f.Signatures.With(schemas.SignaturesOf(schemas.SigTLSServer))
		}
	} else {
		f.SrcBytes, f.DstBytes, f.SrcPackets, f.DstPackets = e.up, e.down, e.pktsUp, e.pktsDown
		f.TCPFlags = e.flags
		if e.pktsDown == 0 || protocol == protocolTCP && onlyReset(e.answered) {
			f.Traits = schemas.TraitUnanswered
		}
	}
	if !isUnknown(app) && string(app) != "failed" && string(app) != "unknown" {
		d.label = append(append(d.label[:0], "suricata:"...), app...)
		f.SensorLabel = d.label
	}
	return ""
}

// dnsEvent makes a record of a dns event, or joins it with others.
func (d *suricataEVE) dnsEvent(position int64, sink record.Sink) (reason string) {
	e, r := &d.event, &d.dns
	if reason := e.ends(); reason != "" {
		return reason
	}
	response := string(e.dns.kind) == "answer" || string(e.dns.kind) == "response"
	if !response && string(e.dns.kind) != "query" && string(e.dns.kind) != "request" {
		return "dns event that is neither query nor answer"
	}
	client, resolver, port, server := e.src, e.dst, e.srcPort, e.dstPort
	if response && fromServer(e.srcPort, e.dstPort) {
		client, resolver, port, server = e.dst, e.src, e.dstPort, e.srcPort
	}
	if !isResolverPort(uint16(server)) {
		sink.Skip(notDNS, position)
		return ""
	}
	r.Reset()
	r.Time, r.Client, r.Resolver, r.Name = e.at, client, resolver, e.dns.name
	r.Exporter, r.Simulated = e.host, e.simulated
	if r.Name != nil && len(r.Name) == 0 {
		r.Name = rootName
	}
	if len(d.answer) == 0 {
		d.answer = append(d.answer, e.dns.grouped...)
	}
	r.Answers = append(r.Answers, d.answer...)
	var ok bool
	if r.Type, ok = dnsType(e.dns.rtype); !ok && e.dns.version >= 2 {
		return badType
	}
	if response {
		r.Rcode = dnsRcode(e.dns.rcode)
	}
	if reason := checkDNS(r); reason != "" {
		return reason
	}
	id := uint16(e.dns.id)
	switch {
	case !response && e.dns.version < 2:
		d.pairs.queryApart(r, uint16(port), id, position, sink)
	case !response:
		d.pairs.query(r, uint16(port), id, position, sink)
	case e.dns.version < 2:
		d.answerApart(uint16(port), id, position, sink)
	default:
		d.pairs.response(r, uint16(port), id, position, sink)
	}
	return ""
}

// fromServer reports whether the event of an answer names the server first: versions
// differ in whether answers keep the direction of the flow.
func fromServer(src, dst uint64) bool {
	if src == portDNS || dst == portDNS {
		return src == portDNS && dst != portDNS
	}
	return src < 1024 && dst >= 1024
}

// answerApart takes the answers of Suricata before 4.1 (version 1), each an event of its
// own under the name of the answer: they join the query that waits. As a [Message] the
// first of a response makes the record, under the name that was asked for.
func (d *suricataEVE) answerApart(port, id uint16, position int64, sink record.Sink) {
	r := &d.dns
	r.Answers = appendAnswer(r.Answers, d.event.dns.rdata)
	if d.pairs != nil {
		d.pairs.answerByID(r, port, id, position, sink)
		return
	}
	if this := (loneAnswer{r.Client, port, id, r.Time}); d.first != this {
		d.first = this
		sink.DNS(r, position)
		return
	}
	sink.Skip(answerElsewhere, position)
}
