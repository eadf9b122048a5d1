package anonymize

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/banshift/banshift/ingest/record"
)

// pairTable finds the row of a batch that still lacks the other direction of a
// one-way record. It is an open-addressing table of row numbers, emptied for each
// batch by counting up an epoch: a Go map took half of the gate's time.
type pairTable struct {
	slots []pairSlot
	epoch uint32
	used  int
}

type pairSlot struct {
	hash  uint64
	row   int32
	epoch uint32
}

func newPairTable() pairTable { return pairTable{slots: make([]pairSlot, 1<<12), epoch: 1} }

func (t *pairTable) clear() { t.epoch, t.used = t.epoch+1, 0 }

// pair joins a one-way record to the row of its other direction, where the batch has
// one that waits for it, and otherwise notes that the next row waits.
func (g *Gate) pair(f *record.Flow, e *ends, flip bool) bool {
	hash := e.hash(f.Protocol)
	t := &g.pairs
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := &t.slots[i]
		if slot.epoch != t.epoch {
			*slot = pairSlot{hash, int32(g.flows.Len()), t.epoch}
			if t.used++; t.used*2 > len(t.slots) {
				t.grow()
			}
			return false
		}
		if slot.hash != hash || !g.sameFlow(int(slot.row), f.Protocol, e) {
			continue
		}
		if g.waits(int(slot.row), flip) {
			g.join(int(slot.row), f, flip)
			return true
		}
		slot.row = int32(g.flows.Len())
		return false
	}
}

func (t *pairTable) grow() {
	old := t.slots
	t.slots = make([]pairSlot, 2*len(old))
	mask := uint64(len(t.slots) - 1)
	for _, slot := range old {
		if slot.epoch != t.epoch {
			continue
		}
		i := slot.hash & mask
		for t.slots[i].epoch == t.epoch {
			i = (i + 1) & mask
		}
		t.slots[i] = slot
	}
}

// hash mixes the 5-tuple.
func (e *ends) hash(protocol uint8) uint64 {
	h := e.client ^ 0x9e3779b97f4a7c15
	for _, v := range [...]uint64{
		binary.LittleEndian.Uint64(e.serverAddr[:8]), binary.LittleEndian.Uint64(e.serverAddr[8:]),
		uint64(e.clientPort)<<32 | uint64(e.serverPort)<<16 | uint64(protocol),
	} {
		hi, lo := bits.Mul64(h^v, 0xff51afd7ed558ccd)
		h = hi ^ lo
	}
	return h
}

func (g *Gate) sameFlow(row int, protocol uint8, e *ends) bool {
	b := g.flows
	return b.Client.V[row] == e.client && b.Server.V[row] == e.serverAddr && b.Protocol.V[row] == protocol &&
		b.ClientPort.V[row] == e.clientPort && b.ServerPort.V[row] == e.serverPort
}

// waits reports whether the row has nothing yet of the direction that a record brings.
func (g *Gate) waits(row int, fromServer bool) bool {
	b := g.flows
	if b.Records.V[row] != 1 {
		return false
	}
	if fromServer {
		return b.PacketsDown.V[row] == 0 && b.BytesDown.V[row] == 0
	}
	return b.PacketsUp.V[row] == 0 && b.BytesUp.V[row] == 0
}

// join adds a one-way record to the row of its other direction. Where the two were sampled
// at different rates, the row takes the lower one, at which more flows are seen, and the
// other direction's counts are what they would be at it.
func (g *Gate) join(row int, f *record.Flow, fromServer bool) {
	b := g.flows
	added := direction{f.SrcBytes, f.SrcPackets}
	rate := &b.SamplingRate.V[row]
	switch of := max(1, f.SamplingRate); {
	case of > *rate:
		added = added.atRate(of, *rate)
	case of < *rate:
		for _, there := range [...]*uint64{&b.BytesUp.V[row], &b.BytesDown.V[row], &b.PacketsUp.V[row], &b.PacketsDown.V[row]} {
			*there = atRate(*there, *rate, of)
		}
		*rate = of
	}
	if fromServer {
		b.BytesDown.V[row], b.PacketsDown.V[row] = added.bytes, added.packets
	} else {
		b.BytesUp.V[row], b.PacketsUp.V[row] = added.bytes, added.packets
	}
	b.Start.V[row] = min(b.Start.V[row], f.Start)
	b.End.V[row] = max(b.End.V[row], f.End)
	b.TCPFlags.V[row] |= f.TCPFlags
	b.Records.V[row] = 2
}

// atRate gives the counts of a direction that was sampled at one rate as of another.
func (d direction) atRate(from, to uint32) direction {
	return direction{atRate(d.bytes, from, to), atRate(d.packets, from, to)}
}

// atRate gives a count that was sampled at one rate as of a lower one, rounded to the
// nearest; beyond 64 bits it stays at the largest number.
func atRate(n uint64, from, to uint32) uint64 {
	hi, lo := bits.Mul64(n, uint64(from))
	lo, carry := bits.Add64(lo, uint64(to)/2, 0)
	if hi += carry; hi >= uint64(to) {
		return math.MaxUint64
	}
	quotient, _ := bits.Div64(hi, lo, uint64(to))
	return quotient
}
