package decode

import (
	"bytes"
	"net/netip"

	"github.com/miekg/dns"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// dnsType reads a record type by name ("AAAA"), as "TYPE65" (RFC 3597) or as number.
func dnsType(b []byte) (uint16, bool) {
	if t, ok := dns.StringToType[string(b)]; ok {
		return t, true
	}
	n, ok := digits(bytes.TrimPrefix(b, []byte("TYPE")))
	return uint16(n), ok && n <= 65535
}

// dnsRcode reads a response code by name ("NXDOMAIN") or as number; an empty one is none.
func dnsRcode(b []byte) uint16 {
	switch string(b) {
	case "NOERROR":
		return 0
	case "":
		return schemas.NoRcode
	}
	if n, ok := dns.StringToRcode[string(b)]; ok {
		return uint16(n)
	}
	if n, ok := digits(b); ok && n <= 4095 { // RFC 6891 section 6.1.3: 12 bits
		return uint16(n)
	}
	return schemas.NoRcode
}

// isResolverPort is false for name services that are not the DNS: multicast DNS
// (RFC 6762), LLMNR (RFC 4795), NetBIOS (RFC 1002).
func isResolverPort(port uint16) bool { return port != 5353 && port != 5355 && port != 137 }

// rootName is what is asked for where the name is empty.
var rootName = []byte(".")

const portDNS = 53

const notDNS = "multicast or NetBIOS name service"

// checkDNS gives the reason why d cannot be a record, empty where it can. Who was asked
// may be unknown: not every resolver says it of itself.
func checkDNS(d *record.DNS) string {
	switch {
	case !d.Client.IsValid():
		return noSource
	case d.Time == 0:
		return noTime
	case isUnknown(d.Name):
		return noName
	}
	return ""
}

// appendAnswer adds an A or AAAA answer given as text; other answers are passed over.
func appendAnswer(answers []netip.Addr, text []byte) []netip.Addr {
	if a, ok := parseAddress(text); ok {
		return append(answers, a)
	}
	return answers
}
