package inspect

import (
	"strings"

	"github.com/banshift/banshift/schemas"
)

// sstp finds SSTP outside of TLS (behind an offloader, or decrypted): MS-SSTP section
// 3.2.4.1 fixes method and path.
func sstp(c *conversation, r *finding) {
	line, ok := readRequestLine(c.client())
	if ok && line.method == "SSTP_DUPLEX_POST" && strings.HasPrefix(strings.ToLower(line.target), "/sra_{ba195980-cd49-458b-9e23-c84ee0adcd75}/") {
		r.addRole(schemas.SigSSTP)
	}
}
