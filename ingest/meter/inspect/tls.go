package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// TLS record and handshake types (RFC 8446 sections 5.1 and 4).
const (
	recordAlert       = 21
	recordHandshake   = 22
	recordApplication = 23
	handshakeClient   = 1
	handshakeServer   = 2
	maxRecord         = 1<<14 + 2048
)

// recordOverheads are the bytes that a record has more than its contents: type and tag of
// TLS 1.3, nonce and tag of GCM, tag of ChaCha20-Poly1305 (RFC 8446 section 5.2, 5288, 7905).
var recordOverheads = [...]int{17, 24, 16}

// tlsClient finds a TLS ClientHello (RFC 8446, RFC 5246): at the beginning of the
// client's stream, or where one of its payloads begins (after STARTTLS, CONNECT or
// SOCKS). Random bytes pass the first with less than 2^-40 (five header bytes, three
// lengths that must agree), the second only whole and to the last byte.
func tlsClient(c *conversation, r *finding) {
	stream := c.client()
	if h, ok := readClientHello(stream, true); ok {
		r.addRole(schemas.SigTLS)
		h.note(r, 't')
		return
	}
	at := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		if !c.fromClient(p) {
			continue
		}
		if at > 0 && at < len(stream) {
			if h, ok := readClientHello(stream[at:], false); ok {
				r.addRole(schemas.SigTLS)
				h.note(r, 't')
				return
			}
		}
		at += p.Size
	}
}

// readClientHello reads the ClientHello with which a stream begins, over as many
// records as it takes: its first record may hold a single byte (RFC 8446 section 5.1
// forbids empty ones only). With partial set, one that the stream cuts will do.
func readClientHello(stream []byte, partial bool) (*clientHello, bool) {
	const head = 4 + 2 // type, length, and the version with which the body begins
	if len(stream) < 6 || stream[0] != recordHandshake || stream[1] != 3 || stream[2] > 4 || stream[5] != handshakeClient {
		return nil, false
	}
	begin, whole := handshakeBytes(stream, head)
	if !whole || begin[1] != 0 || begin[4] != 3 || begin[5] > 4 {
		return nil, false
	}
	message, whole := handshakeBytes(stream, 4+(int(begin[2])<<8|int(begin[3])))
	if len(message) < 4 || !whole && !partial {
		return nil, false
	}
	return parseClientHello(message[4:], false, !whole)
}

// IsUnfinishedHello reports that a stream begins with a ClientHello that goes on behind the stream's end, over
// whatever number of records.
func IsUnfinishedHello(stream []byte) bool {
	var head [4]byte // of the handshake message: its type and length
	have := 0
	for len(stream) >= 5 {
		size := int(binary.BigEndian.Uint16(stream[3:]))
		if stream[0] != recordHandshake || stream[1] != 3 || size == 0 || size > maxRecord {
			return false
		}
		part := stream[5:min(5+size, len(stream))]
		if have < len(head) {
			copy(head[have:], part)
		}
		have += len(part)
		if have > 0 && (head[0] != handshakeClient || head[1] != 0) {
			return false
		}
		if have >= len(head) && have >= len(head)+int(binary.BigEndian.Uint16(head[2:])) {
			return false
		}
		stream = stream[min(5+size, len(stream)):]
	}
	return true // of a record's header not all is there, or nothing
}

// handshakeBytes joins the handshake records at the beginning of a stream until they
// hold n bytes; whole says that they do. A single record is not copied.
func handshakeBytes(stream []byte, n int) (message []byte, whole bool) {
	for len(stream) >= 5 {
		size := int(binary.BigEndian.Uint16(stream[3:]))
		if stream[0] != recordHandshake || stream[1] != 3 || size == 0 || size > maxRecord {
			return nil, false
		}
		part := stream[5:min(5+size, len(stream))]
		if message == nil {
			message = part
		} else {
			message = append(message[:len(message):len(message)], part...)
		}
		if len(message) >= n {
			return message[:n], true
		}
		if 5+size > len(stream) {
			break
		}
		stream = stream[5+size:]
	}
	return message, false
}

// tlsServer finds a TLS ServerHello at the beginning of the server's stream.
func tlsServer(c *conversation, r *finding) {
	if isServerHello(c.server()) {
		r.addRole(schemas.SigTLSServer)
	}
}

// isServerHello checks record, handshake header, and the lengths within (RFC 8446
// section 4.1.3): 2^-50 for random bytes.
func isServerHello(b []byte) bool {
	if len(b) < 44 || b[0] != recordHandshake || b[1] != 3 || b[2] > 4 ||
		b[5] != handshakeServer || b[6] != 0 || b[9] != 3 || b[10] > 4 {
		return false
	}
	length := int(binary.BigEndian.Uint16(b[7:]))
	session := int(b[43])
	fixed := 2 + 32 + 1 + session + 2 + 1
	if session > 32 || length < fixed || len(b) < 9+fixed {
		return session <= 32 && length >= fixed
	}
	if length == fixed {
		return true
	}
	if len(b) < 9+fixed+2 {
		return true
	}
	return int(binary.BigEndian.Uint16(b[9+fixed:])) == length-fixed-2
}

// minRecords is how many records show a TLS connection whose hello was not seen.
const minRecords = 3

// tlsRecords finds TLS caught in the middle: records of application data, of the
// version that all since TLS 1.2 write, one behind the other in both directions.
// Random bytes: 2^-70.
func tlsRecords(c *conversation, r *finding) {
	count := func(stream []byte) (n int) {
		eachRecord(stream, func(kind byte, _ int) bool {
			if kind == recordApplication {
				n++
			}
			return n < minRecords
		})
		return n
	}
	up, down := count(c.records(true)), count(c.records(false))
	if up > 0 && down > 0 && up+down >= minRecords {
		r.addTraits(schemas.TraitTLSRecords)
	}
}

// records gives a stream from its first TLS record on: its beginning, or where a
// payload begins with a record header.
func (c *conversation) records(client bool) []byte {
	stream := c.server()
	if client {
		stream = c.client()
	}
	at := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		if c.fromClient(p) != client {
			continue
		}
		if at >= len(stream) {
			break
		}
		if isRecordHeader(stream[at:]) {
			return stream[at:]
		}
		at += p.Size
	}
	return nil
}

func isRecordHeader(b []byte) bool {
	if len(b) < 5 || b[0] < 20 || b[0] > recordApplication || b[1] != 3 || b[2] == 0 || b[2] > 4 {
		return false
	}
	size := int(binary.BigEndian.Uint16(b[3:]))
	return size > 0 && size <= maxRecord
}

// eachRecord calls visit for the TLS records of a stream until one is not whole
// (of which only the header need be there) or visit returns false.
func eachRecord(stream []byte, visit func(kind byte, size int) bool) {
	for len(stream) >= 5 {
		size := int(binary.BigEndian.Uint16(stream[3:]))
		if !isRecordHeader(stream) {
			return
		}
		if !visit(stream[0], size) || 5+size > len(stream) {
			return
		}
		stream = stream[5+size:]
	}
}
