package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// smtp finds mail: the greeting of SMTP (RFC 5321 section 4.2) together with the
// client's EHLO or HELO, of POP3 (RFC 1939) and of IMAP (RFC 9051).
func smtp(c *conversation, r *finding) {
	up, down := c.client(), c.server()
	greets := bytes.HasPrefix(down, []byte("220 ")) || bytes.HasPrefix(down, []byte("220-"))
	hello := len(up) >= 5 && (bytes.EqualFold(up[:5], []byte("EHLO ")) || bytes.EqualFold(up[:5], []byte("HELO ")) || bytes.EqualFold(up[:5], []byte("LHLO ")))
	switch {
	case greets && (hello || bytes.Contains(down[:min(len(down), 128)], []byte("SMTP"))):
	case bytes.HasPrefix(down, []byte("+OK ")), bytes.HasPrefix(down, []byte("* OK ")):
	default:
		return
	}
	r.addRole(schemas.SigSMTP)
}

// rdp finds an X.224 connection request in TPKT (MS-RDPBCGR 2.2.1.1): both lengths
// must agree with each other and with the payload. Random bytes: 2^-50.
func rdp(c *conversation, r *finding) {
	b := c.client()
	if len(b) < 11 || b[0] != 3 || b[1] != 0 || b[5] != 0xe0 || !isZero(b[6:8]) {
		return
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n == int(b[4])+5 && n <= c.first(true).Size {
		r.addRole(schemas.SigRDP)
	}
}

// sipMethods are the methods of RFC 3261 and its extensions, as a request begins.
var sipMethods = [...]string{
	"INVITE ", "ACK ", "BYE ", "CANCEL ", "REGISTER ", "OPTIONS ", "PRACK ", "SUBSCRIBE ", "NOTIFY ", "PUBLISH ", "INFO ", "REFER ", "MESSAGE ", "UPDATE ",
}

// isSIP checks a request line or a status line (RFC 3261 section 7).
func isSIP(b []byte) bool {
	if bytes.HasPrefix(b, []byte("SIP/2.0 ")) {
		return true
	}
	if len(b) == 0 || b[0] < 'A' || b[0] > 'Z' {
		return false
	}
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	for _, m := range sipMethods {
		rest, ok := bytes.CutPrefix(line, []byte(m))
		if ok && bytes.HasSuffix(rest, []byte(" SIP/2.0")) {
			return true
		}
	}
	return false
}

// sipTCP finds SIP over TCP.
func sipTCP(c *conversation, r *finding) {
	if isSIP(c.client()) || isSIP(c.server()) {
		r.add(schemas.SigSIP)
	}
}

// sipUDP finds SIP over UDP.
func sipUDP(c *conversation, r *finding) {
	for i := range c.payloads {
		if isSIP(c.payloads[i].Data) {
			r.add(schemas.SigSIP)
			return
		}
	}
}

// ntp finds NTP (RFC 5905 section 7.3): a client's request and a reply whose origin
// timestamp is the request's transmit timestamp. Random bytes: 2^-70.
func ntp(c *conversation, r *finding) {
	const client, server = 3, 4
	var asked []byte
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) < 48 || b[0]>>3&7 < 1 || b[0]>>3&7 > 4 {
			return
		}
		switch mode := b[0] & 7; {
		case mode == client && c.fromClient(p):
			asked = b[40:48]
		case mode == server && !c.fromClient(p) && asked != nil && bytes.Equal(b[24:32], asked) && b[1] <= 16:
			r.addRole(schemas.SigNTP)
			return
		}
	}
}

// smb finds SMB over TCP (MS-SMB2 2.1 and 2.2.1): the length of direct TCP transport and
// the protocol id.
func smb(c *conversation, r *finding) {
	b := c.client()
	if len(b) >= 8 && b[0] == 0 && (b[4] == 0xfe || b[4] == 0xff) && string(b[5:8]) == "SMB" {
		r.addRole(schemas.SigSMB)
	}
}

// mqtt finds a CONNECT packet (MQTT 3.1.1 and 5.0, section 3.1).
func mqtt(c *conversation, r *finding) {
	b := c.client()
	if len(b) < 10 || b[0] != 0x10 {
		return
	}
	at := 1
	for at < 4 && b[at]&0x80 != 0 {
		at++
	}
	rest := b[at+1:]
	if bytes.HasPrefix(rest, []byte("\x00\x04MQTT")) || bytes.HasPrefix(rest, []byte("\x00\x06MQIsdp")) {
		r.addRole(schemas.SigMQTT)
	}
}
