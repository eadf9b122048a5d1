package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

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
