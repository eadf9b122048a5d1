// Package dnsmsg reads DNS messages (RFC 1035) as strictly as a detector needs it:
// counts, names and lengths must agree down to the last byte.
//
// It must never follow a compression pointer forward or for ever, and never keep the
// message after Parse.
package dnsmsg

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Record types that are told apart.
const (
	TypeA     = 1
	TypeNS    = 2
	TypeCNAME = 5
	TypeNULL  = 10
	TypeMX    = 15
	TypeTXT   = 16
	TypeAAAA  = 28
	TypeSRV   = 33
	TypeOPT   = 41
	// TypePrivate is the first type of the range for private use, iodine's choice.
	TypePrivate = 65399
)

// ErrMalformed says that the bytes are not one DNS message.
var ErrMalformed = errors.New("not a dns message")

// Message is a DNS message with at most one question, which is all that is in use.
type Message struct {
	ID         uint16
	Response   bool
	Truncated  bool // TC: the rest came over TCP
	Opcode     uint8
	Rcode      uint8
	Name       []byte // of the question, as in master files (\. and \DDD), without the final dot
	Type       uint16
	Class      uint16
	Answers    []netip.Addr // A and AAAA of the answer section
	AnswerLens int          // bytes of RDATA in the answer section
	AnswerType uint16       // of the first answer
	AnswerData []byte       // RDATA of the first answer, aliases the message
	Records    int          // records of all sections
	Cut        bool         // the capture ended before the message did
}

// Parse reads b into m, whose slices are reused. wire is the length of the message
// where only its beginning b was captured.
func (m *Message) Parse(b []byte, wire int) error {
	*m = Message{Name: m.Name[:0], Answers: m.Answers[:0]}
	if len(b) < 12 {
		return ErrMalformed
	}
	flags := binary.BigEndian.Uint16(b[2:])
	m.ID = binary.BigEndian.Uint16(b)
	m.Response = flags&0x8000 != 0
	m.Opcode = uint8(flags >> 11 & 15)
	m.Truncated = flags&0x0200 != 0
	m.Rcode = uint8(flags & 15)
	questions := int(binary.BigEndian.Uint16(b[4:]))
	answers := int(binary.BigEndian.Uint16(b[6:]))
	others := int(binary.BigEndian.Uint16(b[8:])) + int(binary.BigEndian.Uint16(b[10:]))
	switch {
	case flags&0x0040 != 0: // Z, must be zero (RFC 1035 4.1.1)
		return ErrMalformed
	case m.Opcode > 6 || m.Opcode == 3:
		return ErrMalformed
	case questions > 1 || questions == 0 && !m.Response:
		return ErrMalformed
	case !m.Response && m.Rcode != 0:
		return ErrMalformed
	}
	m.Cut = len(b) < wire
	at := 12
	if questions == 1 {
		var ok bool
		if m.Name, at, ok = appendName(m.Name, b, at); !ok || at+4 > len(b) {
			return ErrMalformed
		}
		m.Type, m.Class = binary.BigEndian.Uint16(b[at:]), binary.BigEndian.Uint16(b[at+2:])
		at += 4
	}
	m.Records = answers + others
	return m.records(b, at, answers, others)
}

// records reads the resource records.
func (m *Message) records(b []byte, at, answers, others int) error {
	for i := range answers + others {
		next, ok := skipName(b, at)
		if !ok || next+10 > len(b) {
			return m.shortOf()
		}
		kind := binary.BigEndian.Uint16(b[next:])
		n := int(binary.BigEndian.Uint16(b[next+8:]))
		at = next + 10 + n
		if at > len(b) {
			return m.shortOf()
		}
		if i >= answers {
			continue
		}
		data := b[next+10 : at]
		if i == 0 {
			m.AnswerType, m.AnswerData = kind, data
		}
		m.AnswerLens += n
		switch {
		case kind == TypeA && n == 4, kind == TypeAAAA && n == 16:
			a, _ := netip.AddrFromSlice(data)
			m.Answers = append(m.Answers, a)
		case kind == TypeA || kind == TypeAAAA:
			return ErrMalformed
		}
	}
	if at != len(b) {
		return ErrMalformed
	}
	return nil
}

// shortOf excuses records that end outside of what was captured.
func (m *Message) shortOf() error {
	if m.Cut || m.Truncated {
		return nil
	}
	return ErrMalformed
}

const (
	maxName     = 255 // bytes on the wire
	maxPointers = 32
)

// appendName appends the name at b[at] and gives the offset behind it.
func appendName(dst, b []byte, at int) (name []byte, next int, ok bool) {
	total, pointers, begin := 0, 0, len(dst)
	for {
		if at >= len(b) {
			return dst, 0, false
		}
		n := int(b[at])
		switch {
		case n == 0:
			if next == 0 {
				next = at + 1
			}
			return dst, next, true
		case n >= 0xc0:
			if at+1 >= len(b) {
				return dst, 0, false
			}
			to := (n&0x3f)<<8 | int(b[at+1])
			if pointers++; pointers > maxPointers || to >= at {
				return dst, 0, false
			}
			if next == 0 {
				next = at + 2
			}
			at = to
			continue
		case n > 63 || at+1+n > len(b):
			return dst, 0, false
		}
		if total += n + 1; total >= maxName {
			return dst, 0, false
		}
		if len(dst) > begin {
			dst = append(dst, '.')
		}
		dst = appendLabel(dst, b[at+1:at+1+n])
		at += 1 + n
	}
}

// appendLabel writes a label as in master files.
func appendLabel(dst, label []byte) []byte {
	for _, c := range label {
		switch {
		case c == '.' || c == '\\':
			dst = append(dst, '\\', c)
		case c > ' ' && c < 0x7f:
			dst = append(dst, c)
		default:
			dst = append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		}
	}
	return dst
}

// skipName gives the offset behind the name at b[at].
func skipName(b []byte, at int) (int, bool) {
	for at < len(b) {
		n := int(b[at])
		switch {
		case n == 0:
			return at + 1, true
		case n >= 0xc0:
			return at + 2, at+1 < len(b) && (n&0x3f)<<8|int(b[at+1]) < at
		case n > 63:
			return 0, false
		}
		at += 1 + n
	}
	return 0, false
}
