package inspect

import "github.com/banshift/banshift/schemas"

// Blocks to which DNS over TLS pads its messages (RFC 8467 section 4.1).
const (
	dotQuestionBlock = 128
	dotAnswerBlock   = 468
	maxDoTBlocks     = 4
)

// minDoTRecords is how many padded questions and answers, both among them, show DNS.
const minDoTRecords = 3

// dotRecords finds DNS over TLS whose messages are padded (RFC 8467, the default of
// stubs and resolvers that follow it), on any port and in the middle of a connection:
// each message is a record, the two bytes of its length and whole blocks long. Before
// the first question only the client's Finished may stand, before the first answer what
// TLS 1.3 encrypts of the handshake. Three records of random length do with 2^-23.
func dotRecords(c *conversation, r *finding) {
	up, down := c.records(true), c.records(false)
	questions, ok := paddedRecords(up, dotQuestionBlock, 1)
	if !ok || questions == 0 {
		return
	}
	answers, ok := paddedRecords(down, dotAnswerBlock, maxHandshakeRecords)
	if ok && answers > 0 && questions+answers >= minDoTRecords {
		r.addRole(schemas.SigDoTRecords)
	}
}

// maxHandshakeRecords is how many records a server's handshake takes at the most: its
// messages one by one and a few tickets.
const maxHandshakeRecords = 8

// paddedRecords counts the data records of whole blocks. It is not ok where another
// stands behind one, or more than before precede them.
func paddedRecords(stream []byte, block, before int) (n int, ok bool) {
	ok = true
	eachRecord(stream, func(kind byte, size int) bool {
		switch {
		case kind != recordApplication || size <= maxAlert:
		case isPadded(size, block):
			n++
		case n > 0 || before == 0:
			ok = false
		default:
			before--
		}
		return ok
	})
	return n, ok
}

// maxAlert is the size of an encrypted alert: two bytes, a type and a tag, or a nonce and a tag.
const maxAlert = 2 + 24

// isPadded reports a record that holds a length and whole blocks under one of the ciphers.
func isPadded(size, block int) bool {
	for _, overhead := range recordOverheads {
		if n := size - overhead - 2; n > 0 && n%block == 0 && n/block <= maxDoTBlocks {
			return true
		}
	}
	return false
}
