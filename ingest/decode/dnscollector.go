package decode

import (
	"bytes"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
)

// dnsCollector reads the JSON of DNS-collector: nested ("json" mode) or with dotted
// keys ("flat-json" mode), see
// https://github.com/dmachard/DNS-collector/blob/main/docs/dnsconversions.md.
type dnsCollector struct {
	scans [5]jsonscan.Scanner // one a level: dns.resource-records.an[].rdata is the deepest
	dns   record.DNS
	pairs *dnsPairs
	path  []byte

	operation []byte
	bad       string
	port, id  uint16
}

// Decode implements [Message].
func (d *dnsCollector) Decode(msg []byte, position int64, sink record.Sink) {
	msg = trimMark(msg)
	if isBlank(msg) {
		sink.Skip(blank, position)
		return
	}
	d.dns.Reset()
	d.operation, d.bad, d.port, d.id, d.path = nil, "", 0, 0, d.path[:0]
	if err := d.walk(msg, 0); err != nil {
		sink.Reject(err.Error(), msg, position)
		return
	}
	client, isQuery, ok := dnstapOperation(d.operation)
	switch {
	case d.operation == nil:
		sink.Reject("no dnstap operation", msg, position)
		return
	case !ok:
		sink.Reject("unknown dnstap operation", msg, position)
		return
	case !client:
		sink.Skip("not between a client and its resolver", position)
		return
	}
	if d.bad == "" {
		d.bad = checkDNS(&d.dns)
	}
	if d.bad != "" {
		sink.Reject(d.bad, msg, position)
		return
	}
	if isQuery {
		d.dns.Rcode = dnsRcode(nil) // collectors write NOERROR into queries
		d.pairs.query(&d.dns, d.port, d.id, position, sink)
		return
	}
	d.pairs.response(&d.dns, d.port, d.id, position, sink)
}

func (d *dnsCollector) flush(position int64, sink record.Sink) { d.pairs.flush(position, sink) }

// dnstapOperation tells whether a message type of dnstap is between a client and the
// resolver that it asks, and which way it goes.
func dnstapOperation(op []byte) (client, query, ok bool) {
	role, way, found := bytes.Cut(op, []byte("_"))
	query = string(way) == "QUERY"
	if !found || !query && string(way) != "RESPONSE" {
		return false, false, false
	}
	switch string(role) {
	case "CLIENT", "STUB", "TOOL":
		return true, query, true
	case "RESOLVER", "AUTH", "FORWARDER", "UPDATE":
		return false, query, true
	}
	return false, false, false
}

// walk visits every member under its dotted path, so that nested and flat keys are one.
func (d *dnsCollector) walk(data []byte, level int) error {
	s := &d.scans[level]
	from := len(d.path)
	for s.Reset(data); s.Next(); d.path = d.path[:from] {
		if s.Key() != nil {
			d.path = append(append(d.path, s.Key()...), '.')
		}
		kind := s.Value().Kind()
		if (kind == jsonscan.Object || kind == jsonscan.Array) && level+1 < len(d.scans) {
			if s.Key() != nil && string(d.path) == "dns.resource-records.an." {
				d.dns.Answers = d.dns.Answers[:0] // the last of two counts
			}
			if err := d.walk(s.Value().Raw(), level+1); err != nil {
				return err
			}
			continue
		}
		d.member(d.path[:max(len(d.path)-1, 0)], s)
	}
	return s.Err()
}

func (d *dnsCollector) member(path []byte, s *jsonscan.Scanner) {
	v := s.Value()
	if v.Kind() == jsonscan.Null {
		return // as if it were not there
	}
	switch string(path) {
	case "network.query-ip":
		a, ok := parseEnd(s.Text())
		if d.dns.Client = a; !ok {
			d.bad = badAddress
		}
	case "network.response-ip":
		a, ok := parseEnd(s.Text())
		if d.dns.Resolver = a; !ok {
			d.bad = badAddress
		}
	case "network.query-port":
		if n, ok := v.Uint64(); ok && n <= 65535 {
			d.port = uint16(n)
		}
	case "dns.id":
		n, _ := v.Uint64()
		d.id = uint16(n)
	case "dns.qname":
		d.dns.Name = s.Text()
	case "dns.qtype":
		t, ok := dnsType(s.Text())
		if d.dns.Type = t; !ok {
			d.bad = badType
		}
	case "dns.rcode":
		d.dns.Rcode = dnsRcode(s.Text())
	case "dnstap.operation":
		d.operation = s.Text()
	case "dnstap.identity":
		if !isUnknown(s.Text()) {
			d.dns.Exporter = s.Text()
		}
	case "dnstap.timestamp-rfc3339ns", "dnstap.timestamp":
		ms, ok := instant(v, nanos)
		if d.dns.Time = ms; !ok {
			d.bad = badTime
		}
	case "dnstap.latency":
		if sec, ok := v.Float64(); ok && sec > 0 && sec < 4000 {
			d.dns.LatencyUS = uint32(sec * 1e6)
		}
	case "simulated":
		d.dns.Simulated, _ = v.Bool()
	default:
		if answer, ok := bytes.CutPrefix(path, []byte("dns.resource-records.an.")); ok && bytes.HasSuffix(answer, []byte("rdata")) {
			d.dns.Answers = appendAnswer(d.dns.Answers, s.Text())
		}
	}
}
