package usage

import (
	"math/bits"
	"slices"
)

// grouper numbers distinct keys in the order of their first appearance. It is an
// open-addressing table that is emptied by counting up an epoch, because it meets
// every row of telemetry and is needed anew for every batch.
type grouper[K comparable] struct {
	keys  []K
	slots []groupSlot
	epoch uint32
}

type groupSlot struct {
	hash  uint64
	group int32
	epoch uint32
}

func newGrouper[K comparable]() *grouper[K] {
	return &grouper[K]{slots: make([]groupSlot, 1<<10), epoch: 1}
}

// clear forgets the keys and makes room for n.
func (g *grouper[K]) clear(n int) {
	g.keys = slices.Grow(g.keys[:0], n)
	g.epoch++
	if size := 1 << bits.Len(uint(2*n)); size > len(g.slots) {
		g.slots = make([]groupSlot, size)
	}
}

// group gives the number of a key and whether it is new. Equal keys must have equal hashes.
func (g *grouper[K]) group(hash uint64, key K) (n int, isNew bool) {
	mask := uint64(len(g.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := &g.slots[i]
		if slot.epoch != g.epoch {
			n = len(g.keys)
			*slot = groupSlot{hash, int32(n), g.epoch}
			g.keys = append(g.keys, key)
			if 2*len(g.keys) > len(g.slots) {
				g.grow()
			}
			return n, true
		}
		if slot.hash == hash && g.keys[slot.group] == key {
			return int(slot.group), false
		}
	}
}

func (g *grouper[K]) grow() {
	old := g.slots
	g.slots = make([]groupSlot, 4*len(old))
	mask := uint64(len(g.slots) - 1)
	for _, slot := range old {
		if slot.epoch != g.epoch {
			continue
		}
		i := slot.hash & mask
		for g.slots[i].epoch == g.epoch {
			i = (i + 1) & mask
		}
		g.slots[i] = slot
	}
}

// mix folds a value into a hash (the finaliser of MurmurHash3, 64 bits).
func mix(h, v uint64) uint64 {
	h ^= v
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return h
}

// cutAddress keeps the first 24 bits of an IPv4 and 48 bits of an IPv6 address.
func cutAddress(a [16]byte) [16]byte {
	keep := 6
	if isIPv4(a) {
		keep = 15
	}
	clear(a[keep:])
	return a
}

func isIPv4(a [16]byte) bool {
	return a[10] == 0xff && a[11] == 0xff && [10]byte(a[:10]) == [10]byte{}
}

func boolByte(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
