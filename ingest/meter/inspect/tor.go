package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

// Tor's cells (tor-spec section 0.2 and 3): 514 bytes since link protocol 4.
const torCell = 514

// Thresholds of cells.
const (
	minTorCells   = 3
	maxTorRecords = 24
)

// tor finds a Tor link (tor-spec "Negotiating and initializing channels", Tor source
// crypto_random_hostname): the ClientHello names a server www.<8 to 20 characters of
// base 32>.com that nobody resolved, and offers no ALPN. Alone that would hit names
// such as www.facebook.com from programs without ALPN; a digit of base 32 inside the
// name, which words do not have, is therefore asked for, unless the records have the
// lengths of cells.
//
// Cells show where most of the client's records are as long as whole cells and one and
// the same overhead of the cipher (17 in TLS 1.3, 24 with GCM before; 22 to 69 with
// CBC): three records of random length do with 2^-24.
func tor(c *conversation, r *finding) {
	h, ok := readClientHello(c.client(), true)
	cells := torRecords(c.client()) && torRecords(c.server())
	if cells {
		r.add(schemas.SigTorCells)
	}
	if !ok || len(h.alpn) > 0 || !h.hasSNI {
		return
	}
	if random, digits := torName(h.sni); random && (digits || cells) {
		r.add(schemas.SigTorTLS)
	}
}

// torName reports www.<base 32>.com, and whether the label has a digit of base 32.
func torName(name []byte) (ok, digits bool) {
	label, isWWW := bytes.CutPrefix(name, []byte("www."))
	label, isCom := bytes.CutSuffix(label, []byte(".com"))
	if !isWWW || !isCom || len(label) < 8 || len(label) > 20 {
		return false, false
	}
	for _, c := range label {
		switch {
		case '2' <= c && c <= '7':
			digits = true
		case c < 'a' || c > 'z':
			return false, false
		}
	}
	return true, digits
}

// torOverheads are what TLS adds to a record's content: TLS 1.3 (type byte and tag),
// GCM and ChaCha20-Poly1305 of TLS 1.2.
var torOverheads = [...]int{17, 24, 16}

// torRecords reports whether most application records are whole cells.
func torRecords(stream []byte) bool {
	for _, overhead := range torOverheads {
		cells, records := 0, 0
		eachRecord(stream, func(kind byte, size int) bool {
			if kind == recordApplication {
				records++
				if n := size - overhead; n > 0 && n%torCell == 0 {
					cells++
				}
			}
			return records < maxTorRecords
		})
		// The handshake and the cells of variable length come first.
		if cells >= minTorCells && 5*cells >= 3*(records-3) {
			return true
		}
	}
	return false
}
