package domain

// How many names a Recent remembers, and how long they may be.
const (
	recentBits   = 10
	shortestName = 8
	longestName  = 55
)

// Recent remembers the sets of the names that were looked up last in one table: a few names
// have most of the traffic. The zero value is empty; it is not safe for concurrent use.
type Recent struct {
	slots [1 << recentBits]struct {
		set    uint32
		length uint8
		name   [longestName]byte
	}
}

// LookupRecent is [Table.Lookup] with a memory that belongs to this table.
func (t *Table) LookupRecent(name string, r *Recent) uint32 {
	n := len(name)
	if n < shortestName || n > longestName {
		return t.Lookup(name)
	}
	first, last := eight(name[:8]), eight(name[n-8:])
	slot := &r.slots[(first^last*prime64^uint64(n))*0x9e3779b97f4a7c15>>(64-recentBits)]
	if int(slot.length) == n && string(slot.name[:n]) == name {
		return slot.set
	}
	slot.set, slot.length = t.Lookup(name), uint8(n)
	copy(slot.name[:], name)
	return slot.set
}

// eight gives the first eight bytes of s as a number.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
