package schemas

import (
	"math/bits"
	"strings"
)

// Signature is one thing seen in the first payload bytes of a flow, computed by the
// program's own meter or told by the sensor. The payload itself is never kept.
type Signature uint8

// The vocabulary of signatures. A number keeps its meaning for ever; new ones are
// appended, because Parquet files in the canonical schema carry them. Numbers that
// became traits are not used again.
const (
	SigWireGuardInit       Signature = iota // client sent a 148-byte type 1 message
	SigWireGuardResponse                    // server sent a 92-byte type 2 message
	SigWireGuardData                        // type 4 messages, lengths 0 mod 16, either way
	SigOpenVPNClient                        // client's hard reset, opcode and session id plausible
	SigOpenVPNServer                        // server's hard reset that answers it
	SigOpenVPNData                          // control/data opcodes consistent over several packets
	SigIKE                                  // ISAKMP/IKE header with consistent length and version
	SigIKENATT                              // the same behind the 4-byte non-ESP marker
	SigESPinUDP                             // SPI and increasing sequence in UDP
	SigL2TP                                 // L2TPv2 control message
	SigPPTP                                 // PPTP control message with its magic cookie
	SigSOCKS4                               // SOCKS4 request and a reply of the right form
	SigSOCKS5                               // SOCKS5 greeting and a method selection
	SigHTTPConnect                          // CONNECT host:port
	SigHTTPProxyGet                         // request line with an absolute URI
	SigHTTP                                 // plain HTTP
	SigTLS                                  // TLS ClientHello
	SigTLSServer                            // TLS ServerHello
	SigDTLS                                 // DTLS ClientHello
	SigQUIC                                 // QUIC long header with a known version
	SigSTUN                                 // STUN magic cookie
	SigSSH                                  // SSH-2.0 banner
	SigDNS                                  // DNS message
	SigDNSCrypt                             // DNSCrypt client magic / certificate exchange
	SigTorTLS                               // TLS hello of the form Tor uses
	SigMTProto                              // MTProto transport
	SigBitTorrent                           // BitTorrent, uTP, DHT
	SigRTP                                  // RTP/RTCP
	SigTinc                                 // tinc meta protocol
	SigNebula                               // Nebula header
	SigTailscaleDisco                       // disco magic, or STUN of its software
	SigIodine                               // DNS tunnel of iodine's form
	SigFullyEncrypted                       // TCP: none of the exemptions of Wu et al. 2023 holds, and nothing else is recognised
	_                                       // became TraitMod16
	SigTeredo                               // IPv6 in UDP 3544
	SigSMTP                                 // mail greeting
	SigAnyConnectDTLS                       // DTLS session that resumes an AnyConnect TLS session
	SigRDP                                  // X.224 connection request
	SigSIP                                  // SIP request or response
	SigNTP                                  // NTP
	SigSoftEther                            // SoftEther's VPNCONNECT over TLS or UDP acceleration
	SigSSTP                                 // SSTP_DUPLEX_POST
	SigTelegram                             // Telegram's own framing
	SigDoQ                                  // QUIC with ALPN doq
	_                                       // became TraitUnanswered
	_                                       // became TraitMidstream
	SigWireGuardSession                     // type 4 messages whose receiver index stays and whose counter grows
	SigWireGuardObfuscated                  // WireGuard's handshake echo behind altered headers or junk (AmneziaWG)
	SigOpenVPNScrambled                     // OpenVPN's reset exchange under an XOR mask
	SigGREPPP                               // enhanced GRE (version 1) that carries PPP
	SigTorCells                             // TLS records of the lengths of Tor cells
	SigZeroTier                             // ZeroTier HELLO, or node addresses that answer each other
	SigTailscaleHTTP                        // HTTP of Tailscale's control or relay protocol, or what follows it
	SigMQTT                                 // MQTT CONNECT
	SigSMB                                  // SMB
	SigFullyEncryptedUDP                    // as fully-encrypted, of a first datagram: weaker
	SigNATKeepalive                         // datagrams of one byte 0xff (RFC 3948)
	_                                       // became TraitTLSRecords
	SigBlockMAC                             // at least 12 datagrams, all 4 mod 8, or 9, all 4 mod 16: cipher blocks and a MAC of 4 bytes (tinc 1.0)
	_                                       // became TraitDTLSRecords
	SigDoTRecords                           // TLS records of the lengths of padded DNS messages (RFC 8467)
	SigFortinetCertificate                  // TLS certificate that names a FortiGate
	SigFakeTLS                              // a handshake of TLS 1.3 in which the client's Finished is missing
	SigDNSCryptQueries                      // DNSCrypt queries of which no response was captured
	SigDoHClear                             // HTTP without TLS that carries application/dns-message
	SigDTLSOld                              // DTLS data records of the version before RFC 4347, without a hello
	SigHTTPProxyAsked                       // CONNECT or an absolute URI, which nothing shows to be a proxy's
	SigRouting                              // AH that protects a routing protocol
	SigWireGuardReserved                    // WireGuard's handshake with bytes where its document has zeros: WARP's client id
	SigODoHClear                            // HTTP without TLS that carries application/oblivious-dns-message
	SigMASQUE                               // HTTP without TLS that asks a proxy for UDP or IP
	SigSoftEtherNATT                        // questions of SoftEther to the server that traverses NAT, or answers
	SigRandomDatagrams                      // datagrams both ways, each random from its first byte on: no header in clear
)

var signatureNames = [...]string{
	"wireguard-init", "wireguard-response", "wireguard-data",
	"openvpn-client", "openvpn-server", "openvpn-data",
	"ike", "ike-natt", "esp-in-udp", "l2tp", "pptp", "socks4", "socks5",
	"http-connect", "http-proxy-get", "http", "tls", "tls-server", "dtls", "quic",
	"stun", "ssh", "dns", "dnscrypt", "tor-tls", "mtproto", "bittorrent", "rtp",
	"tinc", "nebula", "tailscale-disco", "iodine", "fully-encrypted", "",
	"teredo", "smtp", "anyconnect-dtls", "rdp", "sip", "ntp", "softether", "sstp",
	"telegram", "doq", "", "",
	"wireguard-session", "wireguard-obfuscated", "openvpn-scrambled", "gre-ppp",
	"tor-cells", "zerotier", "tailscale-http", "mqtt", "smb", "fully-encrypted-udp",
	"nat-keepalive", "", "block-mac", "", "dot-records",
	"fortinet-certificate", "fake-tls", "dnscrypt-queries", "doh-clear", "dtls-old", "http-proxy-asked", "routing",
	"wireguard-reserved", "odoh-clear", "masque", "softether-natt",
	"random-datagrams",
}

// SignatureNames lists the vocabulary in order of its numbers.
func SignatureNames() []string {
	var names []string
	for _, n := range signatureNames {
		if n != "" {
			names = append(names, n)
		}
	}
	return names
}

// ParseSignature gives the signature of a name of the vocabulary.
func ParseSignature(name string) (Signature, bool) {
	for i, n := range signatureNames {
		if n == name && n != "" {
			return Signature(i), true
		}
	}
	return 0, false
}

// String gives the name.
func (s Signature) String() string { return signatureNames[s] }

// MaxSignatures is how many signatures a set can hold.
const MaxSignatures = 128

// SignatureSet is a set of signatures: bit i of word w is signature 64*w+i. The words
// are the columns signatures and signatures_high of [FlowSchema].
type SignatureSet [MaxSignatures / 64]uint64

// SignaturesOf gives the set of some signatures.
func SignaturesOf(members ...Signature) SignatureSet {
	var s SignatureSet
	for _, m := range members {
		s[m>>6] |= 1 << (m & 63)
	}
	return s
}

// Has reports whether m is in the set.
func (s SignatureSet) Has(m Signature) bool { return s[m>>6]&(1<<(m&63)) != 0 }

// HasAll reports whether all of t are in the set.
func (s SignatureSet) HasAll(t SignatureSet) bool { return s[0]&t[0] == t[0] && s[1]&t[1] == t[1] }

// HasAny reports whether one of t is in the set.
func (s SignatureSet) HasAny(t SignatureSet) bool { return s[0]&t[0]|s[1]&t[1] != 0 }

// Empty reports whether nothing is in the set.
func (s SignatureSet) Empty() bool { return s[0]|s[1] == 0 }

// And gives what is in both sets.
func (s SignatureSet) And(t SignatureSet) SignatureSet {
	return SignatureSet{s[0] & t[0], s[1] & t[1]}
}

// With gives what is in either set.
func (s SignatureSet) With(t SignatureSet) SignatureSet {
	return SignatureSet{s[0] | t[0], s[1] | t[1]}
}

// Without gives what is in s and not in t.
func (s SignatureSet) Without(t SignatureSet) SignatureSet {
	return SignatureSet{s[0] &^ t[0], s[1] &^ t[1]}
}

// Complement gives what is not in the set.
func (s SignatureSet) Complement() SignatureSet { return SignatureSet{^s[0], ^s[1]} }

// Next takes the lowest member out of the set; ok is false where there is none.
func (s *SignatureSet) Next() (m Signature, ok bool) {
	for w := range s {
		if s[w] != 0 {
			m = Signature(64*w + bits.TrailingZeros64(s[w]))
			s[w] &= s[w] - 1
			return m, true
		}
	}
	return 0, false
}

// String gives the names, joined by commas, in order of their numbers.
func (s SignatureSet) String() string {
	var names []string
	for m, ok := s.Next(); ok; m, ok = s.Next() {
		if int(m) < len(signatureNames) && signatureNames[m] != "" {
			names = append(names, signatureNames[m])
		}
	}
	return strings.Join(names, ",")
}
