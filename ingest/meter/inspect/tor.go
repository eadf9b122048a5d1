package inspect

import (
	"bytes"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// Tor's cells (tor-spec section 3): 514 bytes since link protocol 4, 512 before.
const (
	torCell    = 514
	torCellOld = 512
	torChunk   = 4096 - 48 // what one buffer of Tor holds (buffers.c: chunks of 4096 bytes, less their header)
)

// Thresholds of cells.
const (
	minTorCells   = 3
	maxTorRecords = 24
)

// tor finds a Tor link (tor-spec "Negotiating and initializing channels", Tor source
// crypto_random_hostname): the ClientHello names a server www.<4 to 25 characters of
// base 32>.com that nobody resolved, and offers no ALPN. Alone that would hit names
// such as www.facebook.com from programs without ALPN, or www.w3schools.com from those
// that take no digit for a word. A digit of base 32 inside the name is therefore asked
// for, and the cipher list of Tor; or records of the lengths of cells.
//
// Cells show where most of the client's records, and at least one of the server's (whose
// writes a buffer cuts), are as long as whole cells and the overhead of the cipher
// allow: four records of random length do with less than 2^-24. Records of a full buffer,
// which a download fills, do not count: they begin and end within cells.
func tor(c *conversation, r *finding) {
	h, ok := readClientHello(c.client(), true)
	random, digits := false, false
	if ok && len(h.alpn) == 0 && h.hasSNI {
		random, digits = torName(h.sni)
	}
	ciphers := ok && hasTorCiphers(h.ciphers)
	if ok && !random {
		return // a hello that names a site, or nothing, is no Tor's, however long the records behind it are
	}
	cells := areTorCells(c.records(true), c.records(false), ok, random && ciphers)
	if cells {
		r.add(schemas.SigTorCells)
	}
	if random && (digits && ciphers || cells) {
		r.add(schemas.SigTorTLS)
	}
}

// torCiphers are how Tor's lists of suites begin behind those of TLS 1.3, since 2018 and
// before (tor source, src/lib/tls/ciphers.inc): in the order of the Firefox of the time.
// Other programs without ALPN have the order of their library.
var torCiphers = [...][]uint16{
	{0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a},
	{0xc00a, 0xc014, 0x0088, 0x0087, 0x0039, 0x0038},
}

// emptyRenegotiation is the suite that OpenSSL adds at the end, and NSS, whose order it
// is, does not (RFC 5746 section 3.3).
const emptyRenegotiation = 0x00ff

func hasTorCiphers(offered []uint16) bool {
	if len(offered) == 0 || offered[len(offered)-1] != emptyRenegotiation {
		return false
	}
	for len(offered) > 0 && offered[0]>>8 == 0x13 {
		offered = offered[1:]
	}
	for _, want := range torCiphers {
		if len(offered) >= len(want) && slices.Equal(offered[:len(want)], want) {
			return true
		}
	}
	return false
}

// torName reports www.<base 32>.com, and whether the label has a digit of base 32.
func torName(name []byte) (ok, digits bool) {
	label, isWWW := bytes.CutPrefix(name, []byte("www."))
	label, isCom := bytes.CutSuffix(label, []byte(".com"))
	if !isWWW || !isCom || len(label) < 4 || len(label) > 25 {
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

// torModes are the overheads of AEADs, and CBC, one of which a connection uses.
const (
	torCBC   = len(recordOverheads)
	torModes = torCBC + 1
)

// torCounts counts records of one direction by the cipher under which they hold whole cells.
type torCounts struct {
	records int
	cells   [torModes]int
}

// torCountsOf counts the application records of a stream. Empty fragments, which OpenSSL
// put before CBC records, and records of a full buffer do not count.
func torCountsOf(stream []byte) (n torCounts) {
	const emptyFragment = 48
	eachRecord(stream, func(kind byte, size int) bool {
		if kind != recordApplication || size <= emptyFragment || isTorChunk(size) {
			return n.records < maxTorRecords
		}
		n.records++
		for i, overhead := range recordOverheads {
			if cells := size - overhead; cells > 0 && cells%torCell == 0 {
				n.cells[i]++
			}
		}
		if isTorCBC(size) {
			n.cells[torCBC]++
		}
		return n.records < maxTorRecords
	})
	return n
}

// holds reports whether at least want, and most, of the records hold whole cells under a
// cipher. Certificates and other cells of variable length come first, and with TLS 1.3
// the end of the handshake; in the middle none do, and nearly all have to.
func (n *torCounts) holds(cipher, want int, begun bool) bool {
	const variable = 3
	enough := 5*n.cells[cipher] >= 3*(n.records-variable)
	if !begun {
		enough = 5*n.cells[cipher] >= 4*n.records
	}
	return n.cells[cipher] >= want && (want == 1 || enough)
}

// areTorCells reports cells both ways under the same cipher. CBC rounds lengths up to 16
// bytes, so that a sixteenth of the evidence of an AEAD is left of each record, and none
// where all messages have one length: they count behind a hello of Tor's form only.
func areTorCells(up, down []byte, begun, behindHello bool) bool {
	u, d := torCountsOf(up), torCountsOf(down)
	for cipher := range torCBC {
		if u.holds(cipher, minTorCells, begun) && d.holds(cipher, 1, begun) || u.holds(cipher, 2, begun) && d.holds(cipher, 2, begun) {
			return true
		}
	}
	return behindHello && u.cells[torCBC] >= 2 && d.cells[torCBC] >= 1
}

// isTorCBC reports a record that holds whole cells under CBC, where padding follows a MAC
// of 20 or 32 bytes and a vector may come first.
func isTorCBC(size int) bool {
	if size%16 != 0 {
		return false
	}
	const maxCells = 8
	for n := 1; n <= maxCells; n++ {
		for _, cell := range [...]int{torCell, torCellOld} {
			sha1 := (n*cell + 20 + 16) &^ 15
			sha256 := (n*cell + 32 + 16) &^ 15
			if size == sha1 || size == sha1+16 || size == sha256+16 {
				return true
			}
		}
	}
	return false
}

// isTorChunk reports a record that holds one full buffer.
func isTorChunk(size int) bool {
	return slices.Contains(recordOverheads[:], size-torChunk)
}
