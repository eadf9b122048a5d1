package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// maxCertificate is how much of a server's handshake is read for its certificate.
const maxCertificate = 4096

// fortinetNames stand in the certificate with which a FortiGate leaves the factory, and in
// those that it signs itself: organisation (OID 2.5.4.10) Fortinet, unit (2.5.4.11) FortiGate
// (docs.fortinet.com, "Built-in certificates").
var fortinetNames = [...]string{"\x06\x03\x55\x04\x0a\x13\x08Fortinet", "\x06\x03\x55\x04\x0b\x13\x09FortiGate"}

// tlsCertificate finds a server whose certificate names its maker. Certificates are in the
// clear up to TLS 1.2 (RFC 5246 section 7.4.2).
func tlsCertificate(c *conversation, r *finding) {
	certificate := serverCertificate(c.server())
	for _, name := range fortinetNames {
		if !bytes.Contains(certificate, []byte(name)) {
			return
		}
	}
	r.addRole(schemas.SigFortinetCertificate)
}

// serverCertificate gives the first certificate of a server's handshake, or what was
// captured of it.
func serverCertificate(stream []byte) []byte {
	const serverHello, certificate, lists = 2, 11, 3 + 3
	if !isServerHello(stream) {
		return nil
	}
	flight := handshakeFlight(stream)
	if len(flight) < 4 || flight[0] != serverHello {
		return nil
	}
	next := 4 + int(binary.BigEndian.Uint16(flight[2:]))
	if next+4+lists > len(flight) || flight[next] != certificate {
		return nil
	}
	at := next + 4 + lists
	length := int(flight[at-3])<<16 | int(flight[at-2])<<8 | int(flight[at-1])
	return flight[at:min(at+length, len(flight))]
}

// handshakeFlight joins the handshake records with which a stream begins.
func handshakeFlight(stream []byte) []byte {
	var flight []byte
	for len(stream) >= 5 && stream[0] == recordHandshake && len(flight) < maxCertificate {
		size := int(binary.BigEndian.Uint16(stream[3:]))
		end := min(5+size, len(stream))
		if flight == nil {
			flight = stream[5:end:end]
		} else {
			flight = append(flight, stream[5:end]...)
		}
		stream = stream[end:]
	}
	return flight
}
