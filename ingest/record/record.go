// Package record holds the one-record forms that decoders fill and the privacy gate
// reads: telemetry as its source told it, client addresses included.
//
// Nothing in it may be written, logged or kept: a record lives in memory, is reused
// for the next one, and ends at ingest/anonymize.
package record

import (
	"net/netip"

	"github.com/banshift/banshift/schemas"
)

// Flow is one flow record as reported. "Src" is the end that the source names first:
// the initiator where Initiator is set, else merely the sender of a one-way record.
// Byte slices alias the decoder's input and are valid until the next record.
type Flow struct {
	Start, End       int64 // ms UTC
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	Protocol         uint8 // IP protocol number
	SrcBytes         uint64
	DstBytes         uint64 // from Dst to Src; 0 in a one-way record
	SrcPackets       uint64
	DstPackets       uint64
	TCPFlags         uint8 // union over both directions
	SamplingRate     uint32
	OneWay           bool // the record describes one direction only
	Initiator        bool // Src is known to have opened the flow
	SNI, ALPN, JA4   []byte
	FirstSizes       [schemas.MaxFirstSizes]int16 // from Src positive
	LenSemantics     schemas.LenSemantics
	Signatures       schemas.SignatureSet
	Traits           schemas.Traits
	SensorLabel      []byte // "zeek:ssl", "ndpi:TLS.NordVPN", "suricata:tls"
	SensorConfidence uint8  // percent, 0 where the sensor gives none
	Exporter         []byte // what measured it: sampler address, sensor name
	Since            int64  // how far before its position what it is joined of began
	Simulated        bool
	// Canonical is set where the row came in the canonical schema; Src is then not set,
	// but for its port, and Dst is the server.
	Canonical *Canonical
}

// Canonical is what a row in the canonical schema says of its client, whose address its
// writer has replaced already.
type Canonical struct {
	Client      uint64 // the pseudonym
	Country     []byte // ISO code, empty where unknown
	ASN         uint32 // 0 where unknown
	Orientation uint8  // of [schemas.Orientation]
	Records     uint32 // telemetry records in this row
}

// Reset empties the record for reuse.
func (f *Flow) Reset() { *f = Flow{SamplingRate: 1} }

// DNS is one query, with its response where seen, as reported.
type DNS struct {
	Time      int64 // ms UTC
	Client    netip.Addr
	Resolver  netip.Addr
	Name      []byte // full name as asked, any case, final dot optional
	Type      uint16
	Rcode     uint16 // schemas.NoRcode where no response was seen
	Answers   []netip.Addr
	LatencyUS uint32
	Exporter  []byte
	Since     int64 // how far before its position what it is joined of began
	Simulated bool
	Canonical *Canonical // as in Flow; Client is then not set
}

// Reset empties the record for reuse and keeps the capacity of Answers.
func (d *DNS) Reset() { *d = DNS{Rcode: schemas.NoRcode, Answers: d.Answers[:0]} }

// Sink takes decoded records, in order. Flow and DNS reuse: the sink must copy what it
// keeps before it returns. Position is where the record began in its source (byte
// offset of a line or of a packet's record, or the Kafka offset).
type Sink interface {
	Flow(f *Flow, position int64)
	DNS(d *DNS, position int64)
	// Reject counts a record that could not be understood. reason is a short fixed
	// phrase without data of the record ("no source address", "not json"); raw is the
	// record, from which the gate makes a redacted excerpt.
	Reject(reason string, raw []byte, position int64)
	// Skip counts a record that is understood and deliberately carries no flow or DNS
	// information (comment lines, statistics events). reason as for Reject.
	Skip(reason string, position int64)
}
