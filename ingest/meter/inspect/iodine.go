package inspect

import (
	"bytes"

	"github.com/banshift/banshift/ingest/meter/dnsmsg"
	"github.com/banshift/banshift/schemas"
)

// Thresholds of iodine's tunnel.
const (
	minIodineRare   = 3 // questions for NULL or a private type
	minIodineCommon = 8 // questions for TXT, MX, CNAME, SRV, A
	minIodineCounts = 6 // of them, pings and data that counts
)

// iodineWatch follows the questions of one flow for iodine's form (iodine,
// doc/proto_00000502.txt; client.c). Each question's first character is a command: a letter
// of the handshake, p for a ping, or the user id as a hexadecimal digit for data. A ping is p
// and seven characters of base 32 for four bytes, the first a user id below 16. Data has three
// characters of base 32 and then one that counts through 36 of them. The version question
// encodes 00 00 05 02 in base 32: "vaaaaka" and one of eight letters.
// A tunnel caught in the middle shows pings and data of one user id: different names
// below one parent, all of one type: one that hosts do not ask for, or many that count.
type iodineWatch struct {
	version   bool
	questions int
	strange   bool // a question that is not iodine's
	kind      uint16
	parent    []byte
	user      byte
	count     int // of the latest data, -1: none
	last      []byte
	pings     int
	data      int
	counts    int // data whose count follows the one before
}

func (w *iodineWatch) message(m *dnsmsg.Message) {
	if m.Response {
		return
	}
	name := bytes.ToLower(m.Name)
	if len(name) < 4 {
		w.strange = true
		return
	}
	if bytes.Equal(name, w.last) && m.Type == w.kind {
		return // asked again
	}
	if isIodineVersion(name) || bytes.Contains(m.Name, []byte(iodineCodecTest)) {
		w.version = true
	}
	parent := parentOf(name)
	if w.questions > 0 && (m.Type != w.kind || !bytes.Equal(parent, w.parent)) {
		w.strange = true
	}
	w.command(name)
	w.questions++
	w.kind = m.Type
	w.parent = append(w.parent[:0], parent...)
	w.last = append(w.last[:0], name...)
}

// command reads the command that a name carries.
func (w *iodineWatch) command(name []byte) {
	const ping, countAt, maxStep = 8, 4, 4
	switch first := name[0]; {
	case first == 'p' && bytes.IndexByte(name, '.') == ping && isIodineBase32(name[1:ping]) && name[1] <= 'b':
		w.pings++
	case isHexDigit(first) && len(name) > countAt+1 && isIodineBase32(name[1:countAt]) && isAlphanumeric(name[countAt]):
		if w.user != 0 && w.user != first {
			w.strange = true
		}
		w.user = first
		count := countOf(name[countAt])
		if step := (count - w.count + iodineCounts) % iodineCounts; w.data > 0 && step >= 1 && step <= maxStep {
			w.counts++
		}
		w.count = count
		w.data++
	case bytes.IndexByte([]byte("vlizsonyr"), first) < 0:
		w.strange = true
	}
}

// iodineCounts is through how many characters data counts: letters, then digits.
const iodineCounts = 36

func countOf(c byte) int {
	if isDigit(c) {
		return 26 + int(c-'0')
	}
	return int(c - 'a')
}

// isIodineBase32 reports characters of iodine's base 32 (base32.c): letters, and digits up to 5.
func isIodineBase32(b []byte) bool {
	for _, c := range b {
		if (c < 'a' || c > 'z') && (c < '0' || c > '5') {
			return false
		}
	}
	return true
}

func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' }

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
		return w.pings+w.data >= minIodineRare
	case dnsmsg.TypeTXT, dnsmsg.TypeMX, dnsmsg.TypeCNAME, dnsmsg.TypeSRV, dnsmsg.TypeA, dnsmsg.TypeAAAA:
		return w.questions >= minIodineCommon && w.pings+w.counts >= minIodineCounts && 4*(w.pings+w.counts) >= 3*(w.pings+w.data)
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
