// Package domain finds the rules and lists that name a domain, by whole labels: an
// entry example.com covers www.example.com and never notexample.com.
//
// It must never match a part of a label: that is how visits to kavkazr.com become
// Tor in other programs.
package domain

import (
	"fmt"
	"slices"
	"strings"
)

// Builder collects names and the ids that they stand for.
type Builder struct {
	nodes map[string]*node
}

type node struct{ exact, suffix []uint32 }

// Add lets id match name itself and, unless exact, every name below it. Letters are
// folded to lower case; a final dot is dropped.
func (b *Builder) Add(name string, exact bool, id uint32) error {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if err := check(name); err != nil {
		return err
	}
	if b.nodes == nil {
		b.nodes = make(map[string]*node)
	}
	n := b.nodes[name]
	if n == nil {
		n = &node{}
		b.nodes[name] = n
	}
	if exact {
		n.exact = append(n.exact, id)
	} else {
		n.suffix = append(n.suffix, id)
	}
	return nil
}

func check(name string) error {
	if name == "" || len(name) > 253 {
		return fmt.Errorf("domain name %q: length not in 1 to 253", name)
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notHost) {
			return fmt.Errorf("domain name %q: bad label %q", name, label)
		}
	}
	return nil
}

// notHost reports what no host name holds; names in other scripts are given in Punycode.
func notHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// Build makes the table. The ids of a set are sorted and distinct.
func (b *Builder) Build() *Table {
	size := 16
	for size < 2*len(b.nodes) {
		size *= 2
	}
	t := &Table{slots: make([]slot, size), mask: uint64(size - 1), sets: [][]uint32{nil}}
	interned := map[string]uint32{"": 0}
	for name, n := range b.nodes {
		above := b.above(name)
		below := slices.Concat(above, n.suffix)
		t.insert(slot{
			hash: hash(name), name: name,
			self:  t.intern(interned, slices.Concat(below, n.exact)),
			below: t.intern(interned, below),
		})
	}
	return t
}

// above collects what the parents of name say of everything below them.
func (b *Builder) above(name string) []uint32 {
	var ids []uint32
	for i := strings.IndexByte(name, '.'); i >= 0; i = strings.IndexByte(name, '.') {
		name = name[i+1:]
		if n := b.nodes[name]; n != nil {
			ids = append(ids, n.suffix...)
		}
	}
	return ids
}

// Table is an immutable set of names, safe for concurrent use.
type Table struct {
	slots []slot
	mask  uint64
	sets  [][]uint32
}

type slot struct {
	hash        uint64
	name        string
	self, below uint32 // sets for the name itself and for names under it
}

func (t *Table) insert(s slot) {
	i := s.hash & t.mask
	for t.slots[i].name != "" {
		i = (i + 1) & t.mask
	}
	t.slots[i] = s
}

func (t *Table) intern(known map[string]uint32, ids []uint32) uint32 {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return 0
	}
	key := fmt.Sprint(ids)
	if set, ok := known[key]; ok {
		return set
	}
	set := uint32(len(t.sets))
	t.sets = append(t.sets, ids)
	known[key] = set
	return set
}

// Lookup gives the set of ids that match name, 0 where none does. It does not allocate.
func (t *Table) Lookup(name string) uint32 {
	set, _ := t.Longest(name)
	return set
}

// Longest is Lookup that also tells where in name the matching entry begins.
func (t *Table) Longest(name string) (set uint32, at int) {
	if len(t.sets) == 1 {
		return 0, 0
	}
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	h := uint64(offset64)
	for i := len(name) - 1; i >= 0; i-- {
		c := lower(name[i])
		if c == '.' {
			if s := t.find(h, name[i+1:]); s != nil && s.below != 0 {
				set, at = s.below, i+1
			}
		}
		h = (h ^ uint64(c)) * prime64
	}
	if s := t.find(h, name); s != nil && s.self != 0 {
		set, at = s.self, 0
	}
	return set, at
}

// IDs are the members of a set that Lookup gave.
func (t *Table) IDs(set uint32) []uint32 { return t.sets[set] }

// NumSets is one more than the highest set number.
func (t *Table) NumSets() int { return len(t.sets) }

func (t *Table) find(h uint64, name string) *slot {
	for i := h & t.mask; t.slots[i].name != ""; i = (i + 1) & t.mask {
		if s := &t.slots[i]; s.hash == h && equalFold(s.name, name) {
			return s
		}
	}
	return nil
}

func equalFold(stored, name string) bool {
	if len(stored) != len(name) {
		return false
	}
	for i := range len(stored) {
		if stored[i] != lower(name[i]) {
			return false
		}
	}
	return true
}

// FNV-1a constants; the hash runs from the last byte to the first, so that one pass
// over a name gives the hash of each of its suffixes.
const (
	offset64 = 14695981039346656037
	prime64  = 1099511628211
)

func hash(name string) uint64 {
	h := uint64(offset64)
	for i := len(name) - 1; i >= 0; i-- {
		h = (h ^ uint64(name[i])) * prime64
	}
	return h
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
