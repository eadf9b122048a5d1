// Package inspect tells protocols from the first payloads of a flow: signature bits,
// TLS server name, ALPN and JA4. The meter uses it for packets; decoders use it for
// sensors that report packets (nDPId).
//
// It must never keep a payload after Inspect returns, and no detector may rest on a
// port number, an address or a name alone: those are the business of rules.
package inspect

import (
	"github.com/banshift/banshift/schemas"
)

// MaxPayloads is how many first payloads of a flow are worth collecting.
const MaxPayloads = 32

// Payload is one non-empty transport payload of a flow.
type Payload struct {
	Up   bool   // sent by the flow's Src
	Gap  bool   // TCP: bytes of this direction are missing before it
	Size int    // length on the wire
	Time int64  // ms
	Data []byte // what was captured of it, from its first byte
	Head int    // TCP: length of its first segment, where small ones were joined; 0 where it is one
}

// firstSegment gives what was captured of the segment with which the payload begins.
func (p *Payload) firstSegment() []byte {
	if p.Head == 0 {
		return p.Data
	}
	return p.Data[:min(p.Head, len(p.Data))]
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
	Signatures schemas.SignatureSet
	Traits     schemas.Traits
	SNI        []byte // server name of the ClientHello, or provider name of a DNSCrypt resolver
	ALPN       []byte // protocols offered in it, joined by commas
	JA4        []byte // TLS client fingerprint
	// Reversed says that the payloads show Dst to be the client (its ClientHello,
	// its request), where Flow.Initiator was false.
	Reversed bool
	// ClientKnown says that the payloads show which end is the client; it is Src, or
	// Dst where Reversed.
	ClientKnown bool
}

// Inspector holds scratch space; it is not safe for concurrent use.
type Inspector struct {
	conv   conversation
	stream [2][]byte
}

// New gives an Inspector.
func New() *Inspector { return &Inspector{} }

// detector looks for one protocol in a conversation of which the roles are assumed.
type detector func(c *conversation, r *finding)

// Detectors by transport. Those of a role (client, server) are tried both ways round
// where the initiator is not known.
var (
	tcpDetectors = []detector{
		tlsClient, tlsServer, tlsCertificate, fakeTLS, tlsRecords, tor, dotRecords, sstp, socks4, socks5, httpRequest, http2Clear, masque, dohClear, openVPNTCP, pptp, ikeTCP, ssh, dnsTCP,
		mtproto, bitTorrentTCP, tincMeta, smtp, rdp, sipTCP, smb, mqtt, softEtherTCP, derp, fullyEncryptedTCP,
	}
	udpDetectors = []detector{
		wireGuard, openVPNUDP, ike, espInUDP, l2tp, quic, dtls, stun, dnsUDP, dnsCrypt, bitTorrentUDP, rtp,
		telegramCall, tincUDP, softEtherUDP, softEtherNATT, nebula, socksUDP, tailscale, zeroTier, teredo, iodineRaw, sipUDP, ntp, fullyEncryptedUDP, randomDatagrams, mod16, blockMAC,
	}
	otherDetectors = map[uint8][]detector{47: {pptpGRE}, 51: {ahRouting}}
)

// Inspect runs every detector over the payloads of f.
func (in *Inspector) Inspect(f *Flow) Result {
	c := &in.conv
	*c = conversation{tcp: f.Protocol == 6, initiator: f.Initiator, payloads: f.Payloads, ports: [2]uint16{f.SrcPort, f.DstPort}}
	c.structure = structureOf(c.payloads)
	detectors := otherDetectors[f.Protocol]
	switch f.Protocol {
	case 6:
		in.join(c)
		detectors = tcpDetectors
	case 17:
		detectors = udpDetectors
	}
	r := finding{}
	r.Traits = schemas.TraitInspected | c.structure.traits()
	for _, flip := range [2]bool{false, true} {
		if flip && (f.Initiator || r.ClientKnown) {
			break
		}
		c.flip = flip
		r.flip = flip
		for _, d := range detectors {
			d(c, &r)
		}
	}
	reconcile(&r)
	r.Reversed = r.Reversed && !f.Initiator
	*c = conversation{}
	return r.Result
}

// join builds the two streams of a TCP conversation, each up to its first gap.
func (in *Inspector) join(c *conversation) {
	var broken [2]bool
	in.stream[0], in.stream[1] = in.stream[0][:0], in.stream[1][:0]
	for i := range c.payloads {
		p := &c.payloads[i]
		way := 0
		if !p.Up {
			way = 1
		}
		broken[way] = broken[way] || p.Gap
		if broken[way] {
			continue
		}
		in.stream[way] = append(in.stream[way], p.Data...)
		broken[way] = len(p.Data) < p.Size
	}
	c.streams = in.stream
}

// finding collects a Result.
type finding struct {
	Result
	flip bool
}

// add notes signatures that do not tell the roles apart.
func (r *finding) add(s ...schemas.Signature) {
	r.Signatures = r.Signatures.With(schemas.SignaturesOf(s...))
}

// addTraits notes traits.
func (r *finding) addTraits(t schemas.Traits) { r.Traits |= t }

// addRole notes signatures that show the assumed roles to be right.
func (r *finding) addRole(s ...schemas.Signature) {
	r.add(s...)
	if !r.ClientKnown {
		r.ClientKnown, r.Reversed = true, r.flip
	}
}

// addRoleOf notes a signature that shows which end is the client: the one assumed to
// be, or the other.
func (r *finding) addRoleOf(s schemas.Signature, otherEnd bool) {
	r.add(s)
	if !r.ClientKnown {
		r.ClientKnown, r.Reversed = true, r.flip != otherEnd
	}
}

// has reports whether any of the signatures was noted.
func (r *finding) has(any ...schemas.Signature) bool {
	return r.Signatures.HasAny(schemas.SignaturesOf(any...))
}

// drop takes signatures back.
func (r *finding) drop(s ...schemas.Signature) {
	r.Signatures = r.Signatures.Without(schemas.SignaturesOf(s...))
}

// vague are signatures that say what bytes look like, not what they are.
var vague = schemas.SignaturesOf(schemas.SigFullyEncrypted, schemas.SigFullyEncryptedUDP, schemas.SigRandomDatagrams, schemas.SigBlockMAC)

// reconcile drops what a recognised protocol explains: that its bytes look random, or,
// after a hello, that there are records.
func reconcile(r *finding) {
	if r.has(schemas.SigTLS, schemas.SigTLSServer) {
		r.Traits &^= schemas.TraitTLSRecords
	}
	if r.has(schemas.SigDTLS) && r.Traits.Has(schemas.TraitDTLSRecords) {
		r.Traits &^= schemas.TraitDTLSRecords | schemas.TraitMidstream
	}
	const records = schemas.TraitTLSRecords | schemas.TraitDTLSRecords
	if !r.Signatures.Without(vague).Empty() || r.Traits&records != 0 {
		r.drop(schemas.SigFullyEncrypted, schemas.SigFullyEncryptedUDP, schemas.SigRandomDatagrams)
	}
}

// conversation is a flow seen with assumed roles: the client is Src, or Dst where flip.
type conversation struct {
	tcp       bool
	initiator bool // Src is known to be the client
	flip      bool
	payloads  []Payload
	ports     [2]uint16 // of Src and Dst: to compare with what payloads say, never to decide by
	structure structure
	streams   [2][]byte // TCP: what Src and Dst sent, to the first gap
}

// fromClient reports whether the assumed client sent p.
func (c *conversation) fromClient(p *Payload) bool { return p.Up != c.flip }

// serverPort is the port of the assumed server.
func (c *conversation) serverPort() uint16 {
	if c.flip {
		return c.ports[0]
	}
	return c.ports[1]
}

// client gives the stream of the assumed client (TCP).
func (c *conversation) client() []byte {
	if c.flip {
		return c.streams[1]
	}
	return c.streams[0]
}

// server gives the stream of the assumed server (TCP).
func (c *conversation) server() []byte {
	if c.flip {
		return c.streams[0]
	}
	return c.streams[1]
}

// first gives the first payload that the client (or the server) sent, nil where none.
func (c *conversation) first(client bool) *Payload {
	for i := range c.payloads {
		if p := &c.payloads[i]; c.fromClient(p) == client {
			return p
		}
	}
	return nil
}

// whole reports whether all of the payload was captured.
func (p *Payload) whole() bool { return len(p.Data) == p.Size }
