package inspect

import (
	"bytes"

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
