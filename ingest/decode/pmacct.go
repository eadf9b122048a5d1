package decode

import (
	"bytes"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
)

// pmacctJSON reads the JSON of pmacct's print, Kafka and AMQP plugins
// (https://github.com/pmacct/pmacct/blob/master/CONFIG-KEYS, key aggregate). Times
// without an offset are read as UTC: run pmacct in UTC or with timestamps_utc.
type pmacctJSON struct {
	scan  jsonscan.Scanner
	flags jsonscan.Scanner // "tcp_flags" as an array
	flow  record.Flow
	raw   wireFlow
}

// Decode implements [Message].
func (d *pmacctJSON) Decode(msg []byte, position int64, sink record.Sink) {
	msg = trimMark(msg)
	if isBlank(msg) {
		sink.Skip(blank, position)
		return
	}
	d.raw = wireFlow{}
	marker := false
	var inserted, updated int64
	s := &d.scan
	for s.Reset(msg); s.Next(); {
		f := &d.raw
		switch string(s.Key()) {
		case "event_type":
			kind := string(s.Text())
			marker = kind == "purge_init" || kind == "purge_close"
		case "ip_src":
			f.address(&f.src, s.Text())
		case "ip_dst":
			f.address(&f.dst, s.Text())
		case "port_src":
			f.srcPort = count(s)
		case "port_dst":
			f.dstPort = count(s)
		case "ip_proto":
			f.setProtocol(s)
		case "packets":
			f.packets = count(s)
		case "bytes":
			f.bytes = count(s)
		case "tcp_flags":
			f.flags = d.tcpFlags(s)
		case "sampling_rate":
			f.sampling = count(s)
		case "timestamp_start":
			f.time(&f.start, s, seconds)
		case "timestamp_end":
			f.time(&f.end, s, seconds)
		case "timestamp_arrival":
			f.time(&f.received, s, seconds)
		case "stamp_inserted":
			f.time(&inserted, s, seconds)
		case "stamp_updated":
			f.time(&updated, s, seconds)
		case "peer_ip_src":
			f.setExporter(s.Text())
		case "simulated":
			f.simulated, _ = s.Value().Bool()
		}
	}
	if s.Err() != nil {
		sink.Reject(s.Err().Error(), msg, position)
		return
	}
	if marker {
		sink.Skip("start or end of a purge", position)
		return
	}
	if d.raw.start == 0 && d.raw.received == 0 { // aggregated without times of flows
		d.raw.start, d.raw.end = inserted, max(d.raw.end, updated)
	}
	if reason := d.raw.fill(&d.flow); reason != "" {
		sink.Reject(reason, msg, position)
		return
	}
	sink.Flow(&d.flow, position)
}

// tcpFlags reads flags as a number, also as 0x1b, or as an array of their names
// (tcpflags_encode_as_array). What is neither is beyond every flag.
func (d *pmacctJSON) tcpFlags(s *jsonscan.Scanner) (flags uint64) {
	v := s.Value()
	if v.Kind() != jsonscan.Array {
		if hex, ok := bytes.CutPrefix(s.Text(), []byte("0x")); ok {
			return hexNumber(hex)
		}
		return count(s)
	}
	for d.flags.Reset(v.Raw()); d.flags.Next(); {
		bit, ok := tcpFlagNames[string(bytes.ToUpper(d.flags.Text()))]
		if !ok {
			return 1<<64 - 1
		}
		flags |= bit
	}
	return flags
}

// tcpFlagNames are the bits of the TCP header (RFC 9293 section 3.1, RFC 3540).
var tcpFlagNames = map[string]uint64{
	"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128, "NS": 256,
}

// hexNumber reads up to four hexadecimal digits.
func hexNumber(b []byte) uint64 {
	value, digits := hexGroup(b)
	if digits != len(b) || digits == 0 || digits > 4 {
		return 1<<64 - 1
	}
	return uint64(value)
}
