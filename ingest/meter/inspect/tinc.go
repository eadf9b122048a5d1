package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// tincMeta finds tinc's meta protocol (tinc manual, "The meta-protocol"): both sides
// begin with an ID request, "0 <name> 17" and where it is 1.1 a minor version. Where no
// answer was seen the request must be all that the client sent. Random bytes: 2^-60.
func tincMeta(c *conversation, r *finding) {
	up, down := c.client(), c.server()
	if !isTincID(up) {
		return
	}
	switch {
	case isTincID(down): // both say the same: the roles stay open
		r.add(schemas.SigTinc)
	case len(down) == 0 && bytes.IndexByte(up, '\n') == len(up)-1:
		r.addRole(schemas.SigTinc)
	}
}

// maxTincName is the longest node name that is believed.
const maxTincName = 255

func isTincID(b []byte) bool {
	line, _, ok := bytes.Cut(b[:min(len(b), maxTincName+16)], []byte("\n"))
	fields := bytes.Split(line, []byte(" "))
	if !ok || len(fields) != 3 || string(fields[0]) != "0" || len(fields[1]) == 0 {
		return false
	}
	for i, c := range fields[1] {
		if !isAlphanumeric(c) && c != '_' && !(i == 0 && (c == '^' || c == '?')) {
			return false
		}
	}
	major, minor, _ := bytes.Cut(fields[2], []byte("."))
	return string(major) == "17" && len(minor) <= 2
}

// minTincDatagrams is how many datagrams show a node's ids, of both directions together.
const minTincDatagrams = 4

// tincUDP has nothing to find in tinc 1.0, whose datagrams are encrypted whole. Of 1.1
// it finds the header of datagrams (net_packet.c, send_sptps_data): ids of destination and source, six bytes
// each, of which the first is zero where the other node is the destination itself, else the other side's source;
// then a sequence number that grows and ciphertext (SPTPS).
// Random bytes: 2^-300 for four datagrams.
func tincUDP(c *conversation, r *finding) {
	var source [2][]byte // id of the node that sends, by direction
	var last [2]uint32
	sealed := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		if len(p.Data) < 12+4+1+16 {
			return
		}
		way := wayOf(c.fromClient(p))
		to, from, seq := p.Data[:6], p.Data[6:12], binary.BigEndian.Uint32(p.Data[12:])
		if step := int32(seq - last[way]); last[way] != 0 && (step > maxCounterStep || step < -64 || step == 0) {
			return
		}
		last[way] = seq
		if !isNode(&source[way], from) || !isZero(to) && !isNode(&source[1-way], to) {
			return
		}
		if isCiphertext(p.Data, 12+4) {
			sealed++
		}
	}
	if n := len(c.payloads); n >= minTincDatagrams && 4*sealed >= 3*n && last[0] != 0 && last[1] != 0 && !bytes.Equal(source[0], source[1]) {
		r.add(schemas.SigTinc)
	}
}

// isNode reports an id that looks drawn at random and is the one known, if one is.
func isNode(known *[]byte, id []byte) bool {
	if *known == nil && varied(id) {
		*known = id
	}
	return bytes.Equal(*known, id)
}
