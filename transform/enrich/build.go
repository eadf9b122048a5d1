package enrich

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/banshift/banshift/transform/enrich/domain"
)

// builder turns the statements of all sources into one table of addresses and one of names.
type builder struct {
	read     func(path string) ([]byte, error) // of the files that sources name
	lists    Lists
	entryIDs map[Entry]uint32
	last     uint32 // the entry that was asked for last
	prefixes []listed
	names    domain.Builder
}

// listed is a prefix that an entry speaks of.
type listed struct {
	prefix netip.Prefix
	entry  uint32
}

func newBuilder(read func(path string) ([]byte, error)) *builder {
	return &builder{read: read, entryIDs: make(map[Entry]uint32)}
}

// entry interns e: a list of one kind has few distinct statements, however many prefixes.
func (b *builder) entry(e Entry) uint32 {
	if len(b.lists.entries) > 0 && b.lists.entries[b.last] == e {
		return b.last
	}
	i, ok := b.entryIDs[e]
	if !ok {
		i = uint32(len(b.lists.entries))
		b.lists.entries = append(b.lists.entries, e)
		b.entryIDs[e] = i
	}
	b.last = i
	return i
}

func (b *builder) addPrefix(p netip.Prefix, e Entry) {
	p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()).Masked()
	b.prefixes = append(b.prefixes, listed{p, b.entry(e)})
}

func (b *builder) addName(name string, exact bool, e Entry) error {
	return b.names.Add(name, exact, b.entry(e))
}

// build inserts shorter prefixes first, so that each prefix finds the finished set of
// what covers it and one longest-prefix look-up later gives all statements.
func (b *builder) build() *Lists {
	slices.SortFunc(b.prefixes, func(x, y listed) int {
		return cmp.Or(x.prefix.Bits()-y.prefix.Bits(), x.prefix.Addr().Compare(y.prefix.Addr()), cmp.Compare(x.entry, y.entry))
	})
	l := &b.lists
	l.sets = [][]uint32{nil}
	known := map[string]uint32{"": 0}
	var ids []uint32
	var key []byte
	for rest := b.prefixes; len(rest) > 0; {
		p := rest[0].prefix
		covering, _ := l.addrs.LookupPrefix(p)
		ids = append(ids[:0], l.sets[covering]...)
		for len(rest) > 0 && rest[0].prefix == p {
			ids = append(ids, rest[0].entry)
			rest = rest[1:]
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		key = key[:0]
		for _, id := range ids {
			key = binary.LittleEndian.AppendUint32(key, id)
		}
		set, ok := known[string(key)]
		if !ok {
			set = uint32(len(l.sets))
			l.sets = append(l.sets, slices.Clone(ids))
			known[string(key)] = set
		}
		l.addrs.Insert(p, set)
	}
	l.names = b.names.Build()
	l.version = version(l.info)
	return l
}

func version(info []ListInfo) string {
	parts := make([]string, len(info))
	for i, n := range info {
		sign := "@"
		if n.Kept {
			sign = "~"
		}
		parts[i] = n.Name + sign + n.AsOf.Format("2006-01-02") + "+" + n.SHA256
	}
	return strings.Join(parts, ",")
}

// Statement is one entry in memory: for a prefix, or for a name where Prefix is invalid.
type Statement struct {
	Prefix    netip.Prefix
	Name      string
	ExactName bool
	Entry     Entry
}

// ListsOf makes lists from statements; info describes the lists that their entries name.
func ListsOf(info []ListInfo, statements []Statement) (*Lists, error) {
	b := newBuilder(nil)
	b.lists.info = info
	for _, s := range statements {
		if int(s.Entry.List) >= len(info) {
			return nil, fmt.Errorf("statement of list %d of %d", s.Entry.List, len(info))
		}
		if s.Prefix.IsValid() {
			b.addPrefix(s.Prefix, s.Entry)
			continue
		}
		if err := b.addName(s.Name, s.ExactName, s.Entry); err != nil {
			return nil, err
		}
	}
	return b.build(), nil
}
