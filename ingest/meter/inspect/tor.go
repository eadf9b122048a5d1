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

// minTorName is the shortest server name, www. and .com included, that is believed
// without cells: below it words with a digit abound.
const minTorName = 8 + len("www.") + len(".com")

// Thresholds of cells.
const (
	minTorCells   = 3
	maxTorRecords = 24
)

// tor finds a Tor link (tor-spec "Negotiating and initializing channels", Tor source
// crypto_random_hostname): the ClientHello names a server www.<4 to 25 characters of
// base 32>.com that nobody resolved, and offers no ALPN. Alone that would hit names
// such as www.facebook.com from programs without ALPN; a digit of base 32 inside the
// name, which words do not have, is therefore asked for, unless the records have the
// lengths of cells.
//
// Cells show where most of the client's records, and at least one of the server's (whose
// writes a buffer cuts), are as long as whole cells and the overhead of the cipher
// allow: four records of random length do with less than 2^-24. Records of a full buffer,
// which a download fills, do not count: they begin and end within cells.
func tor(c *conversation, r *finding) {
	h, ok := readClientHello(c.client(), true)
	up, down := c.records(true), c.records(false)
	cells := torRecords(up, minTorCells) && torRecords(down, 1) || torRecords(up, 2) && torRecords(down, 2)
	if cells {
		r.add(schemas.SigTorCells)
	}
	if !ok || len(h.alpn) > 0 || !h.hasSNI {
		return
	}
	if random, digits := torName(h.sni); random && (digits && len(h.sni) >= minTorName || torRecords(up, 2)) {
		r.add(schemas.SigTorTLS)
	}
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

// isTorRecord reports a record that holds whole cells: under an AEAD, or with CBC, where
// SHA-1 or SHA-256 and padding fill blocks of 16 and an explicit IV may come first.
func isTorRecord(size int) bool {
	for _, overhead := range recordOverheads {
		if n := size - overhead; n > 0 && n%torCell == 0 {
			return true
		}
	}
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

// torRecords reports whether at least want, and most, of the application records hold
// whole cells. Empty fragments, which OpenSSL put before CBC records, do not count.
func torRecords(stream []byte, want int) bool {
	const emptyFragment = 48
	cells, records := 0, 0
	eachRecord(stream, func(kind byte, size int) bool {
		if kind == recordApplication && size > emptyFragment && !isTorChunk(size) {
			records++
			if isTorRecord(size) {
				cells++
			}
		}
		return records < maxTorRecords
	})
	// Certificates and other cells of variable length come first, and with TLS 1.3
	// the end of the handshake.
	const variable = 3
	return cells >= want && (want == 1 || 5*cells >= 3*(records-variable))
}

// isTorChunk reports a record that holds one full buffer.
func isTorChunk(size int) bool {
	return slices.Contains(recordOverheads[:], size-torChunk)
}
