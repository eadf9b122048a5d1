package inspect

import (
	"bytes"
	"strings"

	"github.com/banshift/banshift/schemas"
)

// isDisco reports Tailscale's discovery message (tailscale.com/disco): six bytes of
// magic "TS" and U+1F4AC, a 32-byte key, a 24-byte nonce, a box.
func isDisco(b []byte) bool {
	return len(b) >= 6+32+24 && string(b[:6]) == "TS\xf0\x9f\x92\xac"
}

// tailscale finds disco messages.
func tailscale(c *conversation, r *finding) {
	for i := range c.payloads {
		if isDisco(c.payloads[i].Data) {
			r.add(schemas.SigTailscaleDisco)
			return
		}
	}
}

// derp finds the HTTP upgrades of Tailscale: to its control protocol (control/ts2021)
// and to a relay (derp/derphttp), both of them in the clear only on port 80.
func derp(c *conversation, r *finding) {
	b := c.client()
	line, ok := readRequestLine(b)
	if !ok || !line.whole {
		return
	}
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	upgrade := headerValue(head, "upgrade")
	if line.target == "/ts2021" && upgrade == "tailscale-control-protocol" || line.target == "/derp" && upgrade == "derp" {
		r.addRole(schemas.SigTailscaleHTTP)
	}
}

// headerValue gives a header's value in lower case.
func headerValue(head []byte, name string) string {
	for line := range bytes.Lines(head) {
		key, value, ok := strings.Cut(strings.ToLower(string(line)), ":")
		if ok && key == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
