package inspect

import (
	"github.com/banshift/banshift/schemas"
)

// smb finds SMB over TCP (MS-SMB2 2.1 and 2.2.1): the length of direct TCP transport and
// the protocol id.
func smb(c *conversation, r *finding) {
	b := c.client()
	if len(b) >= 8 && b[0] == 0 && (b[4] == 0xfe || b[4] == 0xff) && string(b[5:8]) == "SMB" {
		r.addRole(schemas.SigSMB)
	}
}
