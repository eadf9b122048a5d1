package decode

import (
	"bytes"
	"math"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// emit hands the row to the sink as what a log describes.
func (z *zeekLog) emit(of Format, raw []byte, position int64, sink record.Sink) {
	if of == ZeekDNS {
		z.emitDNS(raw, position, sink)
		return
	}
	reason, skip := z.fillFlow(of)
	switch {
	case reason != "":
		z.reject(reason, raw, position, sink)
	case skip != "":
		z.skip(skip, position, sink)
	case z.details == nil && of != ZeekConn && z.kind == ZeekConn:
		sink.Skip(detailElsewhere, position)
	case z.details == nil:
		sink.Flow(&z.flow, position)
	case of == ZeekConn:
		z.details.connection(z.row.cells[zUID], &z.flow, position, sink)
		z.details.flow(&z.flow, position, sink)
	default:
		z.details.detail(z.row.cells[zUID], &z.flow, position, sink)
	}
}

// fillFlow makes the flow of a row, or gives the reason to reject or to skip it.
func (z *zeekLog) fillFlow(of Format) (reject, skip string) {
	f, c := &z.flow, &z.row.cells
	f.Reset()
	var ok1, ok2 bool
	f.Src, ok1 = parseEnd(c[zOrigH])
	f.Dst, ok2 = parseEnd(c[zRespH])
	srcPort, ok3 := optional(c[zOrigP])
	dstPort, ok4 := optional(c[zRespP])
	switch {
	case !ok1 || !ok2:
		return badAddress, ""
	case !f.Src.IsValid():
		return noSource, ""
	case !f.Dst.IsValid():
		return noDestination, ""
	case !ok3 || !ok4 || srcPort > 65535 || dstPort > 65535:
		return badPort, ""
	}
	f.SrcPort, f.DstPort = uint16(srcPort), uint16(dstPort)
	start, ok := parseTime(c[zTS])
	if !ok {
		return badTime, ""
	}
	f.Start, f.End = start, start
	f.Initiator = true
	f.SamplingRate = 1
	f.Exporter = c[zPeer]
	f.Simulated = isTrue(c[zSimulated])
	switch of {
	case ZeekConn:
		return z.fillConn(), ""
	case ZeekSSL:
		z.fillSSL()
	case ZeekSOCKS:
		z.fillSOCKS()
	case ZeekTunnel:
		return "", z.fillTunnel()
	}
	return "", ""
}

// fillConn takes what only conn.log has
// (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html).
func (z *zeekLog) fillConn() (reject string) {
	f, c := &z.flow, &z.row.cells
	protocol := c[zIPProto]
	if protocol == nil {
		protocol = c[zProto]
	}
	var ok bool
	if f.Protocol, ok = protocolNumber(protocol); !ok && string(protocol) != "unknown_transport" {
		return badProtocol
	}
	if c[zDuration] != nil {
		us, ok := parseMicros(c[zDuration])
		if !ok {
			return "unreadable duration"
		}
		f.End = f.Start + us/1000
	}
	up, down := c[zOrigBytes], c[zRespBytes]
	f.LenSemantics = schemas.LenL4Payload
	if up == nil && down == nil && (c[zOrigIPBytes] != nil || c[zRespIPBytes] != nil) {
		up, down = c[zOrigIPBytes], c[zRespIPBytes]
		f.LenSemantics = schemas.LenIPTotal
	}
	for _, count := range []struct {
		to   *uint64
		cell []byte
	}{{&f.SrcBytes, up}, {&f.DstBytes, down}, {&f.SrcPackets, c[zOrigPkts]}, {&f.DstPackets, c[zRespPkts]}} {
		if *count.to, ok = optional(count.cell); !ok {
			return badCount
		}
	}
	if !plausible(1, f.SrcBytes, f.DstBytes, f.SrcPackets, f.DstPackets) {
		return badCount
	}
	if f.Protocol == 6 {
		f.TCPFlags = zeekFlags(c[zHistory])
	}
	switch string(c[zConnState]) {
	case "S0", "SH", "RSTOS0", "REJ": // the responder said nothing, or nothing but a RST
		f.Traits |= schemas.TraitUnanswered
	case "OTH", "RSTRH", "SHR": // no SYN of the originator was seen
		if f.Protocol == 6 {
			f.Traits |= schemas.TraitMidstream
		}
	}
	if c[zService] != nil {
		z.label(c[zService])
	}
	return ""
}

// zeekFlags gives the TCP flags that a connection's history stands for.
func zeekFlags(history []byte) (flags uint8) {
	for _, h := range history {
		switch h | 0x20 {
		case 's':
			flags |= 0x02
		case 'h':
			flags |= 0x12
		case 'a':
			flags |= 0x10
		case 'd':
			flags |= 0x18
		case 'f':
			flags |= 0x11
		case 'r':
			flags |= 0x04
		}
	}
	return flags
}

// fillSSL takes what ssl.log has. The log does not name the transport: DTLS shows in
// the version, QUIC in the application protocol.
func (z *zeekLog) fillSSL() {
	f, c := &z.flow, &z.row.cells
	f.SNI, f.ALPN, f.JA4 = c[zServerName], c[zNextProtocol], c[zJA4]
	f.Protocol, f.Signatures = 6, schemas.SignaturesOf(schemas.SigTLS)
	if c[zCipher] != nil || isTrue(c[zEstablished]) {
		f.Signatures = f.Signatures.With(schemas.SignaturesOf(schemas.SigTLSServer))
	}
	switch {
	case bytes.HasPrefix(c[zVersion], []byte("DTLS")):
		f.Protocol, f.Signatures = 17, schemas.SignaturesOf(schemas.SigDTLS)
	case bytes.HasPrefix(f.ALPN, []byte("h3")):
		f.Protocol, f.Signatures = 17, schemas.SignaturesOf(schemas.SigQUIC)
	case string(f.ALPN) == "doq":
		f.Protocol, f.Signatures = 17, schemas.SignaturesOf(schemas.SigQUIC, schemas.SigDoQ)
	}
	z.label([]byte("ssl"))
}

func (z *zeekLog) fillSOCKS() {
	f := &z.flow
	f.Protocol = 6
	switch string(z.row.cells[zVersion]) {
	case "4":
		f.Signatures = schemas.SignaturesOf(schemas.SigSOCKS4)
	case "5":
		f.Signatures = schemas.SignaturesOf(schemas.SigSOCKS5)
	}
	z.label([]byte("socks"))
}

// fillTunnel takes a tunnel once, when it was discovered.
func (z *zeekLog) fillTunnel() (skip string) {
	f, c := &z.flow, &z.row.cells
	if action := c[zAction]; action != nil && !bytes.HasSuffix(action, []byte("DISCOVER")) {
		return "end of a tunnel, counted when it was discovered"
	}
	kind := c[zTunnelType]
	if i := bytes.LastIndex(kind, []byte("::")); i >= 0 {
		kind = kind[i+2:]
	}
	switch string(kind) {
	case "GRE":
		f.Protocol = 47
	case "SOCKS", "HTTP":
		f.Protocol = 6
	case "TEREDO":
		f.Protocol, f.Signatures = 17, schemas.SignaturesOf(schemas.SigTeredo)
	case "AYIYA", "GTPv1", "VXLAN", "GENEVE":
		f.Protocol = 17
	case "IP":
		f.Protocol = 4
		if f.Dst.Is4() {
			f.Protocol = 41 // Zeek does not say which; 6in4 is what is met between IPv4 ends
		}
	}
	z.label(bytes.ToLower(kind))
	return ""
}

// label sets the sensor's label; Zeek gives no confidence.
func (z *zeekLog) label(name []byte) {
	from := len(z.scratch)
	z.scratch = append(append(z.scratch, "zeek:"...), name...)
	z.flow.SensorLabel = z.scratch[from:]
}

func (z *zeekLog) emitDNS(raw []byte, position int64, sink record.Sink) {
	d, c := &z.dns, &z.row.cells
	d.Reset()
	var okClient, okResolver bool
	d.Client, okClient = parseEnd(c[zOrigH])
	d.Resolver, okResolver = parseEnd(c[zRespH])
	d.Name = c[zQuery]
	d.Rcode = dnsRcode(c[zRcode])
	d.Answers = append(d.Answers, z.row.answers...)
	d.Exporter = c[zPeer]
	d.Simulated = isTrue(c[zSimulated])
	at, ok := parseTime(c[zTS])
	d.Time = at
	if rtt, ok := parseMicros(c[zRTT]); ok && rtt < 1<<32 {
		d.LatencyUS = uint32(rtt)
	}
	qtype, okType := optional(c[zQType])
	d.Type = uint16(qtype)
	port, okPort := optional(c[zRespP])
	switch {
	case !okClient || !okResolver:
		z.reject(badAddress, raw, position, sink)
	case !ok:
		z.reject(badTime, raw, position, sink)
	case !okType || qtype > 65535:
		z.reject(badType, raw, position, sink)
	case !okPort || port > 65535:
		z.reject(badPort, raw, position, sink)
	case !isResolverPort(uint16(port)):
		z.skip(notDNS, position, sink)
	default:
		if reason := checkDNS(d); reason != "" {
			z.reject(reason, raw, position, sink)
			return
		}
		if z.details == nil {
			sink.DNS(d, position)
			return
		}
		z.details.look(d, position, sink)
	}
}

// optional reads a count; an unset one is zero.
func optional(b []byte) (uint64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if n, ok := digits(b); ok {
		return uint64(n), true
	}
	f, ok := parseFloat(b) // of a table that had gaps
	return uint64(f), ok && f == math.Trunc(f) && f < maxTotal
}

func isTrue(b []byte) bool { return string(b) == "T" || string(b) == "true" }
