package simulate

import (
	"net/netip"
	"strconv"
)

// TCP flags of a connection that came about and of one that did not (RFC 9293).
const (
	flagsAll = 0x1b // FIN, SYN, PSH, ACK
	flagsSYN = 0x02
)

// protocolName is what goflow2 prints for a protocol number.
func protocolName(p uint8) string {
	switch p {
	case tcp:
		return "TCP"
	case udp:
		return "UDP"
	case gre:
		return "GRE"
	case esp:
		return "ESP"
	}
	return "unknown"
}

// flowRecord is one direction of a flow as goflow2 v2 knows it.
type flowRecord struct {
	received, start, end int64 // ms UTC
	sequence             uint32
	sampler              netip.Addr
	bytes, packets       uint64
	src, dst             netip.Addr
	srcPort, dstPort     uint16
	proto, tcpFlags      uint8
	inIf, outIf          uint16
}

// append writes the record as goflow2's JSON formatter does with the fields below, and
// one field more that says that it is simulated. The newline is included.
func (f *flowRecord) append(b []byte) []byte {
	b = append(b, `{"type":"IPFIX","time_received_ns":`...)
	b = appendMSAsNS(b, f.received)
	b = append(b, `,"sequence_num":`...)
	b = strconv.AppendUint(b, uint64(f.sequence), 10)
	b = append(b, `,"sampling_rate":1,"sampler_address":"`...)
	b = f.sampler.AppendTo(b)
	b = append(b, `","time_flow_start_ns":`...)
	b = appendMSAsNS(b, f.start)
	b = append(b, `,"time_flow_end_ns":`...)
	b = appendMSAsNS(b, f.end)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendUint(b, f.bytes, 10)
	b = append(b, `,"packets":`...)
	b = strconv.AppendUint(b, f.packets, 10)
	b = append(b, `,"src_addr":"`...)
	b = f.src.AppendTo(b)
	b = append(b, `","dst_addr":"`...)
	b = f.dst.AppendTo(b)
	if f.src.Is4() {
		b = append(b, `","etype":"IPv4","proto":"`...)
	} else {
		b = append(b, `","etype":"IPv6","proto":"`...)
	}
	b = append(b, protocolName(f.proto)...)
	b = append(b, `","src_port":`...)
	b = strconv.AppendUint(b, uint64(f.srcPort), 10)
	b = append(b, `,"dst_port":`...)
	b = strconv.AppendUint(b, uint64(f.dstPort), 10)
	b = append(b, `,"in_if":`...)
	b = strconv.AppendUint(b, uint64(f.inIf), 10)
	b = append(b, `,"out_if":`...)
	b = strconv.AppendUint(b, uint64(f.outIf), 10)
	b = append(b, `,"tcp_flags":`...)
	b = strconv.AppendUint(b, uint64(f.tcpFlags), 10)
	return append(b, ",\"simulated\":true}\n"...)
}

func appendMSAsNS(b []byte, ms int64) []byte {
	b = strconv.AppendInt(b, ms, 10)
	return append(b, "000000"...)
}

// flowWriter turns sessions into records: one a direction, the client's first, and the
// client's alone where nothing came back.
type flowWriter struct {
	networks []network
	sequence []uint32 // by exporter
}

func newFlowWriter(networks []network) *flowWriter {
	return &flowWriter{networks, make([]uint32, len(networks))}
}

// append writes a session's records, each on its line.
func (w *flowWriter) append(b []byte, s *session) []byte {
	f := flowRecord{
		start: s.start, end: s.end, received: s.end + 700,
		sampler: w.networks[s.network].exporter,
		bytes:   s.bytesUp, packets: s.packsUp,
		src: s.client, dst: s.server, srcPort: s.clientPort, dstPort: s.serverPort, proto: s.proto,
		inIf: 2, outIf: 1, sequence: w.next(s.network),
	}
	if s.proto == tcp {
		f.tcpFlags = flagsAll
		if !s.answered {
			f.tcpFlags = flagsSYN
		}
	}
	b = f.append(b)
	if !s.answered {
		return b
	}
	f.sequence = w.next(s.network)
	f.bytes, f.packets = s.bytesDown, s.packsDown
	f.src, f.dst, f.srcPort, f.dstPort = s.server, s.client, s.serverPort, s.clientPort
	f.inIf, f.outIf = 1, 2
	return f.append(b)
}

func (w *flowWriter) next(network int) uint32 {
	w.sequence[network]++
	return w.sequence[network]
}
