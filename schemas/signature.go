package schemas

import "strings"

// Signature is a set of things seen in the first payload bytes of a flow, computed
// by the program's own meter or told by the sensor. The payload itself is never kept.
type Signature uint64

// The vocabulary of signatures. A bit keeps its meaning for ever; new ones are
// appended, because Parquet files in the canonical schema carry the bits.
const (
	SigWireGuardInit       Signature = 1 << iota // client sent a 148-byte type 1 message
	SigWireGuardResponse                         // server sent a 92-byte type 2 message
	SigWireGuardData                             // type 4 messages, lengths 0 mod 16, either way
	SigOpenVPNClient                             // client's hard reset, opcode and session id plausible
	SigOpenVPNServer                             // server's hard reset that answers it
	SigOpenVPNData                               // control/data opcodes consistent over several packets
	SigIKE                                       // ISAKMP/IKE header with consistent length and version
	SigIKENATT                                   // the same behind the 4-byte non-ESP marker
	SigESPinUDP                                  // SPI and increasing sequence in UDP
	SigL2TP                                      // L2TPv2 control message
	SigPPTP                                      // PPTP control message with its magic cookie
	SigSOCKS4                                    // SOCKS4 request and a reply of the right form
	SigSOCKS5                                    // SOCKS5 greeting and a method selection
	SigHTTPConnect                               // CONNECT host:port
	SigHTTPProxyGet                              // request line with an absolute URI
	SigHTTP                                      // plain HTTP
	SigTLS                                       // TLS ClientHello
	SigTLSServer                                 // TLS ServerHello
	SigDTLS                                      // DTLS ClientHello
	SigQUIC                                      // QUIC long header with a known version
	SigSTUN                                      // STUN magic cookie
	SigSSH                                       // SSH-2.0 banner
	SigDNS                                       // DNS message
	SigDNSCrypt                                  // DNSCrypt client magic / certificate exchange
	SigTorTLS                                    // TLS hello of the form Tor uses
	SigMTProto                                   // MTProto transport
	SigBitTorrent                                // BitTorrent, uTP, DHT
	SigRTP                                       // RTP/RTCP
	SigTinc                                      // tinc meta protocol
	SigNebula                                    // Nebula header
	SigTailscaleDisco                            // disco magic, or STUN of its software
	SigIodine                                    // DNS tunnel of iodine's form
	SigFullyEncrypted                            // TCP: none of the exemptions of Wu et al. 2023 holds, and nothing else is recognised
	SigMod16                                     // at least 8 payloads, all 0 mod 16 and at least 32
	SigTeredo                                    // IPv6 in UDP 3544
	SigSMTP                                      // mail greeting
	SigAnyConnectDTLS                            // DTLS session that resumes an AnyConnect TLS session
	SigRDP                                       // X.224 connection request
	SigSIP                                       // SIP request or response
	SigNTP                                       // NTP
	SigSoftEther                                 // SoftEther's VPNCONNECT over TLS or UDP acceleration
	SigSSTP                                      // SSTP_DUPLEX_POST
	SigTelegram                                  // Telegram's own framing
	SigDoQ                                       // QUIC with ALPN doq
	SigUnanswered                                // no byte came back
	SigMidstream                                 // the capture began after the session did
	SigWireGuardSession                          // type 4 messages whose receiver index stays and whose counter grows
	SigWireGuardObfuscated                       // WireGuard's handshake echo behind altered headers or junk (AmneziaWG)
	SigOpenVPNScrambled                          // OpenVPN's reset exchange under an XOR mask
	SigGREPPP                                    // enhanced GRE (version 1) that carries PPP
	SigTorCells                                  // TLS records of the lengths of Tor cells
	SigZeroTier                                  // ZeroTier HELLO, or node addresses that answer each other
	SigTailscaleHTTP                             // HTTP of Tailscale's control or relay protocol, or what follows it
	SigMQTT                                      // MQTT CONNECT
	SigSMB                                       // SMB
	SigFullyEncryptedUDP                         // as fully-encrypted, of a first datagram: weaker
	SigNATKeepalive                              // datagrams of one byte 0xff (RFC 3948)
	SigTLSRecords                                // TLS records both ways without a hello
	SigBlockMAC                                  // at least 12 datagrams, all 4 mod 8, or 9, all 4 mod 16: cipher blocks and a MAC of 4 bytes (tinc 1.0)
	SigDTLSRecords                               // DTLS data records without a hello
	SigDoTRecords                                // TLS records of the lengths of padded DNS messages (RFC 8467)
	SigFortinetCertificate                       // TLS certificate that names a FortiGate
	SigFakeTLS                                   // a handshake of TLS 1.3 in which the client's Finished is missing
)

var signatureNames = [...]string{
	"wireguard-init", "wireguard-response", "wireguard-data",
	"openvpn-client", "openvpn-server", "openvpn-data",
	"ike", "ike-natt", "esp-in-udp", "l2tp", "pptp", "socks4", "socks5",
	"http-connect", "http-proxy-get", "http", "tls", "tls-server", "dtls", "quic",
	"stun", "ssh", "dns", "dnscrypt", "tor-tls", "mtproto", "bittorrent", "rtp",
	"tinc", "nebula", "tailscale-disco", "iodine", "fully-encrypted", "mod16",
	"teredo", "smtp", "anyconnect-dtls", "rdp", "sip", "ntp", "softether", "sstp",
	"telegram", "doq", "unanswered", "midstream",
	"wireguard-session", "wireguard-obfuscated", "openvpn-scrambled", "gre-ppp",
	"tor-cells", "zerotier", "tailscale-http", "mqtt", "smb", "fully-encrypted-udp",
	"nat-keepalive", "tls-records", "block-mac", "dtls-records", "dot-records",
	"fortinet-certificate", "fake-tls",
}

// Signatures lists the vocabulary in bit order.
func Signatures() []string { return append([]string(nil), signatureNames[:]...) }

// ParseSignature gives the bit of a name of the vocabulary.
func ParseSignature(name string) (Signature, bool) {
	for i, n := range signatureNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has reports whether all bits of want are set.
func (s Signature) Has(want Signature) bool { return s&want == want }

// String gives the names, joined by commas, in bit order.
func (s Signature) String() string {
	var names []string
	for i, n := range signatureNames {
		if s&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}
