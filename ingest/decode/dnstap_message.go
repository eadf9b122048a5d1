package decode

import (
	"encoding/binary"
	"net/netip"

	"github.com/miekg/dns"
)

// tapMessage is what is read of the DNS message that a dnstap frame carries.
type tapMessage struct {
	id, qtype, rcode uint16
	name             []byte // nil where not one name is asked for
	answers          []netip.Addr
	msg              dns.Msg
}

// read takes a message. What is wrong with a record costs that record: the question was
// asked all the same. It is false where the question cannot be read.
func (m *tapMessage) read(wire []byte) bool {
	m.name, m.answers = nil, m.answers[:0]
	if m.msg.Unpack(wire) != nil {
		return m.readBroken(wire)
	}
	m.id, m.rcode = m.msg.Id, uint16(m.msg.Rcode)
	if len(m.msg.Question) == 1 {
		m.name, m.qtype = []byte(m.msg.Question[0].Name), m.msg.Question[0].Qtype
	}
	for _, rr := range m.msg.Answer {
		switch a := rr.(type) {
		case *dns.A:
			m.answer(a.A)
		case *dns.AAAA:
			m.answer(a.AAAA)
		}
	}
	return true
}

func (m *tapMessage) answer(data []byte) {
	if addr, ok := addressFromBytes(data); ok {
		m.answers = append(m.answers, addr)
	}
}

// readBroken reads header, question and every answer that is whole (RFC 1035 section 4).
func (m *tapMessage) readBroken(wire []byte) bool {
	const header, question, fixed = 12, 4, 10
	if len(wire) < header {
		return false
	}
	m.id, m.rcode = binary.BigEndian.Uint16(wire), uint16(wire[3]&15)
	if binary.BigEndian.Uint16(wire[4:]) != 1 {
		return false
	}
	name, at, err := dns.UnpackDomainName(wire, header)
	if err != nil || at+question > len(wire) {
		return false
	}
	m.name, m.qtype = []byte(name), binary.BigEndian.Uint16(wire[at:])
	at += question
	for range binary.BigEndian.Uint16(wire[6:]) {
		if _, at, err = dns.UnpackDomainName(wire, at); err != nil || at+fixed > len(wire) {
			return true
		}
		kind := binary.BigEndian.Uint16(wire[at:])
		from := at + fixed
		at = from + int(binary.BigEndian.Uint16(wire[at+8:]))
		if at > len(wire) {
			return true
		}
		if kind == dns.TypeA && at-from == 4 || kind == dns.TypeAAAA && at-from == 16 {
			m.answer(wire[from:at])
		}
	}
	return true
}
