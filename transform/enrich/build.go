package enrich

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/banshift/banshift/transform/enrich/domain"
)

// builder turns the statements of all sources into one table of addresses and one of names.
type builder struct {
	lists    Lists
	entryIDs map[Entry]uint32
	prefixes map[netip.Prefix][]uint32
	names    domain.Builder
}

func newBuilder() *builder {
	return &builder{entryIDs: make(map[Entry]uint32), prefixes: make(map[netip.Prefix][]uint32)}
}

// entry interns e: a list of one kind has few distinct statements, however many prefixes.
func (b *builder) entry(e Entry) uint32 {
	if i, ok := b.entryIDs[e]; ok {
		return i
	}
	i := uint32(len(b.lists.entries))
	b.lists.entries = append(b.lists.entries, e)
	b.entryIDs[e] = i
	return i
}

func (b *builder) addPrefix(p netip.Prefix, e Entry) {
	p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()).Masked()
	b.prefixes[p] = append(b.prefixes[p], b.entry(e))
}

func (b *builder) addName(name string, exact bool, e Entry) error {
	return b.names.Add(name, exact, b.entry(e))
}

// build inserts shorter prefixes first, so that each prefix finds the finished set of
// what covers it and one longest-prefix look-up later gives all statements.
func (b *builder) build() *Lists {
	prefixes := make([]netip.Prefix, 0, len(b.prefixes))
	for p := range b.prefixes {
		prefixes = append(prefixes, p)
	}
	slices.SortFunc(prefixes, func(x, y netip.Prefix) int {
		if d := x.Bits() - y.Bits(); d != 0 {
			return d
		}
		return x.Addr().Compare(y.Addr())
	})
	l := &b.lists
	l.sets = [][]uint32{nil}
	known := map[string]uint32{"": 0}
	var key []byte
	for _, p := range prefixes {
		covering, _ := l.addrs.LookupPrefix(p)
		ids := slices.Concat(l.sets[covering], b.prefixes[p])
		slices.Sort(ids)
		ids = slices.Compact(ids)
		key = key[:0]
		for _, id := range ids {
			key = binary.LittleEndian.AppendUint32(key, id)
		}
		set, ok := known[string(key)]
		if !ok {
			set = uint32(len(l.sets))
			l.sets = append(l.sets, ids)
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
		parts[i] = fmt.Sprintf("%s@%s+%s", n.Name, n.AsOf.Format("2006-01-02"), n.SHA256)
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
	b := newBuilder()
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
