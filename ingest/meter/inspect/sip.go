package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

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
