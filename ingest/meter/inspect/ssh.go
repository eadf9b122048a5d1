package inspect

import (
	"bytes"

	"github.com/banshift/banshift/schemas"
)

// ssh finds the identification string of RFC 4253 section 4.2 from either side.
func ssh(c *conversation, r *finding) {
	for _, b := range c.streams {
		if bytes.HasPrefix(b, []byte("SSH-2.0-")) || bytes.HasPrefix(b, []byte("SSH-1.")) {
			r.add(schemas.SigSSH)
		}
	}
}
