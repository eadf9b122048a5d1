package flowcontext

import "strings"

// Bits is a set of things seen near a flow.
type Bits uint32

// The vocabulary. A bit keeps its meaning for ever; new ones are appended. Names with
// "beside" mean: between the same client and the same server.
const (
	// IKEThenNATT: answered IKE on UDP 500 and, within [PairWindow], answered traffic on
	// UDP 4500; both flows carry the bit (RFC 3947, 7296 section 2.23).
	IKEThenNATT Bits = 1 << iota
	// TLSThenDTLS: a TLS hello and, within [PairWindow] after it, a DTLS hello to the same
	// port; both flows carry the bit (draft-mavrogiannopoulos-openconnect).
	TLSThenDTLS
	// TLSBesideAnyConnect: a TLS hello within [PairWindow] before or after AnyConnect's DTLS
	// hello to the same port; on the TLS flow (log-in and log-out are connections of their own).
	TLSBesideAnyConnect
	// BesideTincMeta: UDP that begins within [PairWindow] after a connection of tinc's meta protocol.
	BesideTincMeta
	// DTLSBesideSTUN: DTLS that begins within [CallWindow] after STUN, as WebRTC does (RFC 8827).
	DTLSBesideSTUN
	// AfterLookup: the client asked for a name of a VPN, proxy or anonymity service within
	// [LookupWindow] before the flow.
	AfterLookup
	// SinglePeer: a flow of at least [PeerDuration] during which its server has at least
	// [PeerShare] percent of the client's bytes, and not all of them.
	SinglePeer
)

// Windows in milliseconds, and the bounds of [SinglePeer].
const (
	PairWindow   = 60_000
	CallWindow   = 10_000
	LookupWindow = 120_000
	PeerDuration = 600_000
	PeerShare    = 80 // percent
)

var bitNames = [...]string{
	"ike-then-natt", "tls-then-dtls", "tls-beside-anyconnect", "beside-tinc-meta",
	"dtls-beside-stun", "after-lookup", "single-peer",
}

// Parse gives the bit of a name of the vocabulary.
func Parse(name string) (Bits, bool) {
	for i, n := range bitNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// String gives the names, joined by commas, in bit order.
func (b Bits) String() string {
	var names []string
	for i, n := range bitNames {
		if b&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}
