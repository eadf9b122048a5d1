// Package inspect tells protocols from the first payloads of a flow: signature bits,
// TLS server name, ALPN and JA4. The meter uses it for packets; decoders use it for
// sensors that report packets (nDPId).
//
// It must never keep a payload after Inspect returns, and no detector may rest on a
// port number, an address or a name: those are the business of rules.
package inspect

import "github.com/banshift/banshift/schemas"

// Payload is one non-empty transport payload of a flow.
type Payload struct {
	Up   bool   // sent by the flow's Src
	Gap  bool   // TCP: bytes of this direction are missing before it
	Size int    // length on the wire
	Time int64  // ms
	Data []byte // what was captured of it, from its first byte
}

// Flow is what is known of a flow when it is inspected. Payloads are in order of
// time; for TCP reassembled, without retransmissions.
type Flow struct {
	Protocol         uint8 // IP protocol number
	SrcPort, DstPort uint16
	Initiator        bool // Src is known to have opened the flow (TCP: its SYN was seen)
	Payloads         []Payload
}

// Result is what the payloads show. The slices are the caller's to keep.
type Result struct {
	Signatures     schemas.Signature
	SNI, ALPN, JA4 []byte
	// Reversed says that the payloads show Dst to be the client (its ClientHello,
	// its request), where Flow.Initiator was false.
	Reversed bool
}

// MaxPayloads is how many first payloads of a flow are worth collecting.
const MaxPayloads = 32

// Inspector holds scratch space; it is not safe for concurrent use.
type Inspector struct{}

// New gives an Inspector.
func New() *Inspector { return &Inspector{} }

// Inspect runs every detector over the payloads of f.
func (in *Inspector) Inspect(f *Flow) Result {
	return Result{}
}
