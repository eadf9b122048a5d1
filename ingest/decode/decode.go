package decode

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/banshift/banshift/ingest/record"
)

// Format is the name of a byte format, as --format takes it.
type Format string

// The formats.
const (
	Goflow2JSON      Format = "goflow2-json"      // one JSON object a line or Kafka message (goflow2 v1 and v2 keys)
	Goflow2Protobuf  Format = "goflow2-protobuf"  // varint-length-delimited FlowMessage; one a Kafka message, length optional
	ZeekConn         Format = "zeek-conn"         // TSV or JSON lines
	ZeekDNS          Format = "zeek-dns"          // TSV or JSON lines
	ZeekSSL          Format = "zeek-ssl"          // TSV or JSON lines
	ZeekTunnel       Format = "zeek-tunnel"       // TSV or JSON lines
	ZeekSOCKS        Format = "zeek-socks"        // TSV or JSON lines
	SuricataEVE      Format = "suricata-eve"      // JSON lines; event types flow, dns and tls
	NDPId            Format = "ndpid"             // JSON events with or without a decimal length before each
	DNSCollectorJSON Format = "dnscollector-json" // JSON lines, nested or flat keys
	Dnstap           Format = "dnstap"            // Frame Streams; one dnstap protobuf a Kafka message
	PmacctJSON       Format = "pmacct-json"       // JSON lines of nfacctd, pmacctd, sfacctd
	Pcap             Format = "pcap"              // pcap and pcapng: for ingest/meter, not for this package
	Parquet          Format = "parquet"           // canonical columns, see [Canonical]
	Arrow            Format = "arrow"             // canonical columns, IPC stream or file, see [Canonical]
)

// Formats lists every format in the order in which help texts name them.
func Formats() []Format {
	return []Format{
		Goflow2JSON, Goflow2Protobuf, ZeekConn, ZeekDNS, ZeekSSL, ZeekTunnel, ZeekSOCKS,
		SuricataEVE, NDPId, DNSCollectorJSON, Dnstap, PmacctJSON, Pcap, Parquet, Arrow,
	}
}

// ParseFormat gives the format of a name; the error lists the names there are.
func ParseFormat(name string) (Format, error) {
	all := Formats()
	names := make([]string, len(all))
	for i, f := range all {
		if string(f) == name {
			return f, nil
		}
		names[i] = string(f)
	}
	return "", fmt.Errorf("unknown format %q: use one of %s", name, strings.Join(names, ", "))
}

// LineBased reports whether a file of format f may be cut at line ends and the
// pieces decoded apart by a [Message] each: no header, no state between lines.
func LineBased(f Format) bool { return f == Goflow2JSON || f == PmacctJSON }

// Message decodes sources in which each message (Kafka record, line) stands alone:
// msg is one whole message, position where it began. It is not safe for concurrent
// use, and records handed to the sink alias msg. A blank message is skipped.
//
// DNS messages are not paired, so that what a range of messages gives depends on
// that range only: responses make records, queries are skipped. nDPId events give a
// flow at its end or idle event.
type Message interface {
	Decode(msg []byte, position int64, sink record.Sink)
}

// Stream decodes a whole source that has a header, framing or state. Positions are
// byte offsets from the start of r. The error is fatal for the rest of r and says at
// which byte; what came before it has reached the sink. A Stream serves one r.
type Stream interface {
	Decode(ctx context.Context, r io.Reader, sink record.Sink) error
}

// Payload is one of the first packets' transport payloads of a flow.
type Payload struct {
	FromSrc bool   // the flow's Src sent it
	Size    int    // length on the wire
	Time    int64  // ms UTC
	Data    []byte // what the source carries of it
}

// Inspect looks at the first payloads of the flow that it may add to (signatures,
// SNI, ALPN, JA4), before the flow is given to the sink. Payloads are in order, not
// empty, and valid during the call only.
type Inspect func(f *record.Flow, payloads []Payload)

// Option changes what a decoder does.
type Option func(*options)

type options struct {
	inspect   Inspect
	details   func() ([]Detail, error)
	isDetails bool
}

// WithDetails has a log of Zeek's connections take what the logs that open gives say of
// the same uids. What they say of others becomes flows too.
func WithDetails(open func() ([]Detail, error)) Option {
	return func(o *options) { o.details = open }
}

// AsDetails has the flows of a log skipped: they are read by [WithDetails] elsewhere.
func AsDetails() Option { return func(o *options) { o.isDetails = true } }

// WithInspect has the packets that a format carries (nDPId packet-flow events) looked at.
func WithInspect(i Inspect) Option { return func(o *options) { o.inspect = i } }

func optionsOf(opts []Option) (o options) {
	for _, set := range opts {
		set(&o)
	}
	return o
}

// NewMessage gives the message decoder of f. It fails where f has no message form.
func NewMessage(f Format, opts ...Option) (Message, error) {
	o := optionsOf(opts)
	switch f {
	case Goflow2JSON:
		return &goflow2JSON{}, nil
	case Goflow2Protobuf:
		return &goflow2Protobuf{}, nil
	case ZeekConn, ZeekDNS, ZeekSSL, ZeekTunnel, ZeekSOCKS:
		return newZeekLog(f), nil
	case DNSCollectorJSON:
		return &dnsCollector{}, nil
	case NDPId:
		return newNDPId(o.inspect, false), nil
	case Dnstap:
		return &dnstapDecoder{}, nil
	case SuricataEVE:
		return &suricataEVE{}, nil
	case PmacctJSON:
		return &pmacctJSON{}, nil
	}
	return nil, fmt.Errorf("format %s cannot be read message by message", f)
}

// NewStream gives the stream decoder of f: every format but pcap, parquet and arrow.
// Line formats split the lines themselves.
func NewStream(f Format, opts ...Option) (Stream, error) {
	o := optionsOf(opts)
	switch f {
	case Goflow2JSON:
		return &lineStream{message: &goflow2JSON{}}, nil
	case Goflow2Protobuf:
		return &goflow2ProtobufStream{}, nil
	case ZeekConn, ZeekDNS, ZeekSSL, ZeekTunnel, ZeekSOCKS:
		return newZeekStream(f, o), nil
	case DNSCollectorJSON:
		return &lineStream{message: &dnsCollector{pairs: newDNSPairs()}}, nil
	case NDPId:
		return &lineStream{message: newNDPId(o.inspect, true)}, nil
	case Dnstap:
		return &dnstapStream{message: dnstapDecoder{pairs: newDNSPairs()}}, nil
	case SuricataEVE:
		return &lineStream{message: &suricataEVE{pairs: newDNSPairs()}}, nil
	case PmacctJSON:
		return &lineStream{message: &pmacctJSON{}}, nil
	}
	return nil, fmt.Errorf("format %s cannot be read as a stream of records", f)
}
