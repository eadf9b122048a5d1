package inspect

import (
	"encoding/binary"

	"github.com/banshift/banshift/schemas"
)

// Of Nebula's header (header/header.go): its size, the type of data, and the subtype of data for a relay.
const (
	nebulaHeader  = 16
	nebulaMessage = 1
	nebulaRelayed = 1
)

// minNebula is how many data messages show a Nebula tunnel that began unseen.
const minNebula = 3

// nebula finds Nebula (slackhq/nebula header/header.go): version 1, a known type,
// subtype and two reserved bytes zero. A handshake begins with index 0 and counter 1
// (120 fixed bits) and is answered with counter 2; data keeps its index each way while
// its counter grows, and ciphertext follows (2^-120 for three messages of random bytes).
func nebula(c *conversation, r *finding) {
	type tunnel struct {
		index   uint32
		counter uint64
		n       int
	}
	var ways [2]tunnel
	sealed := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		b := p.Data
		if len(b) == 1 || p.Size == 1 {
			continue // hole punching sends one byte
		}
		if len(b) < 16 || b[0]>>4 != 1 || b[0]&15 > 6 || b[1] > 1 || b[2]|b[3] != 0 {
			return
		}
		const handshake, maxStart = 0, 2
		index, counter := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint64(b[8:])
		if b[0]&15 == handshake {
			if counter == 1 && index == 0 && b[1] == 0 && p.Size > 64 {
				r.addRoleOf(schemas.SigNebula, !c.fromClient(p))
			}
			continue
		}
		at := nebulaHeader
		if b[0]&15 == nebulaMessage && b[1] == nebulaRelayed {
			at += nebulaHeader // what a relay passes on has a header of its own
		}
		if isCiphertext(b, at) {
			sealed++
		}
		t := &ways[wayOf(c.fromClient(p))]
		step := int64(counter - t.counter)
		if index == 0 || counter >= 1<<48 || t.n > 0 && index == t.index && (step == 0 || step > maxCounterStep || step < -maxCounterStep) {
			continue
		}
		if t.n > 0 && index != t.index {
			t.n = 0
		}
		t.index, t.counter = index, counter
		t.n++
	}
	if 4*sealed < 3*(ways[0].n+ways[1].n) {
		return
	}
	if ways[0].n+ways[1].n >= minNebula && max(ways[0].n, ways[1].n) >= 2 && !r.has(schemas.SigNebula) {
		r.add(schemas.SigNebula)
		r.addTraits(schemas.TraitMidstream)
	}
}
