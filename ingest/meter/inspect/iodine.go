package inspect

import (
	"bytes"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

// Thresholds of iodine's tunnel.
const (
	minIodineRare   = 3 // questions for NULL or a private type
	minIodineCommon = 8 // questions for TXT, MX, CNAME, SRV
)

// iodineWatch follows the questions of one flow for iodine's form (iodine,
// doc/proto_00000502.txt). Each question's first character is a command: a letter of
// the handshake, p for a ping, or the user id as a hexadecimal digit for data. The
// version question encodes 00 00 05 02 in base 32: "vaaaaka" and one of eight letters.
// A tunnel caught in the middle shows pings and data of one user id: different names
// below one parent, all of one type: one that hosts do not ask for, or long ones.
type iodineWatch struct {
	version   bool
	questions int
	strange   bool // a question that is not iodine's
	kind      uint16
	parent    []byte
	user      byte
	last      []byte
	long      int // names whose first label is long
}

func (w *iodineWatch) message(m *dnsmsg.Message) {
	if m.Response {
		return
	}
	name := m.Name
	if len(name) < 4 {
		w.strange = true
		return
	}
	if bytes.Equal(name, w.last) && m.Type == w.kind {
		return // asked again
	}
	if isIodineVersion(name) || bytes.Contains(name, []byte(iodineCodecTest)) {
		w.version = true
	}
	first := name[0] | 0x20
	parent := parentOf(name)
	switch {
	case w.questions > 0 && (m.Type != w.kind || !bytes.EqualFold(parent, w.parent)):
		w.strange = true
	case first == 'p':
	case '0' <= name[0] && name[0] <= '9' || 'a' <= first && first <= 'f':
		if w.user != 0 && w.user != first {
			w.strange = true
		}
		w.user = first
	case bytes.IndexByte([]byte("vlizsonyr"), first) < 0:
		w.strange = true
	}
	w.questions++
	w.kind = m.Type
	w.parent = append(w.parent[:0], parent...)
	w.last = append(w.last[:0], name...)
	if bytes.IndexByte(name, '.') > minIodineLabel {
		w.long++
	}
}

// minIodineLabel is how long the first label of a long name is at the least: iodine fills
// labels up to 57 characters (encoding.c, inline_dotify), look-ups of hashes have short ones.
const minIodineLabel = 40

// iodineCodecTest is in the question by which the client finds out whether bytes above
// 127 pass (iodine, client.c, handshake_upenc_autodetect).
const iodineCodecTest = "Drink-mal-ein-J"

// isIodineVersion reports the question for protocol 0x00000502 in iodine's base 32.
func isIodineVersion(name []byte) bool {
	const prefix = "vaaaaka"
	return len(name) > len(prefix)+3 && bytes.EqualFold(name[:len(prefix)], []byte(prefix)) &&
		name[len(prefix)]|0x20 >= 'q' && name[len(prefix)]|0x20 <= 'x'
}

// parentOf gives the last two labels, at which a tunnel's domain hangs at the least.
func parentOf(name []byte) []byte {
	dots := 0
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] != '.' {
			continue
		}
		if dots++; dots == 2 {
			return name[i+1:]
		}
	}
	return name
}

func (w *iodineWatch) proven() bool {
	if w.version {
		return true
	}
	if w.strange {
		return false
	}
	switch w.kind {
	case dnsmsg.TypeNULL, dnsmsg.TypePrivate:
		return w.questions >= minIodineRare
	case dnsmsg.TypeTXT, dnsmsg.TypeMX, dnsmsg.TypeCNAME, dnsmsg.TypeSRV:
		return w.questions >= minIodineCommon && (w.user != 0 && w.long > 0 || 2*w.long >= w.questions)
	case dnsmsg.TypeA, dnsmsg.TypeAAAA:
		return w.questions >= minIodineCommon && w.user != 0 && 2*w.long >= w.questions
	}
	return false
}

// iodineRaw finds iodine's raw mode, UDP without DNS: three bytes of magic and a
// command (1 login, 2 data, 3 ping) with the user id. Two messages: 2^-52.
func iodineRaw(c *conversation, r *finding) {
	n := 0
	for i := range c.payloads {
		b := c.payloads[i].Data
		if len(b) >= 4 && b[0] == 0x10 && b[1] == 0xd1 && b[2] == 0x9e && b[3]>>4 >= 1 && b[3]>>4 <= 3 {
			n++
		}
	}
	if n >= 2 {
		r.add(schemas.SigIodine)
	}
}
