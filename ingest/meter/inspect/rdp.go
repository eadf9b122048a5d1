package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

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
