package enrich

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gaissmai/bart"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich/domain"
)

// Kind says what a list's entries are.
type Kind uint8

// Kinds of entries.
const (
	KindVPN        Kind = iota + 1 // used by VPN providers
	KindDatacentre                 // hosting companies
	KindCloud                      // published ranges of a cloud or CDN
	KindTor                        // Tor relays
	KindDoH                        // resolvers that speak encrypted DNS
	KindProvider                   // endpoints or names of one provider or service
)

var kindNames = [...]string{"", "vpn", "datacentre", "cloud", "tor", "doh", "provider"}

// String gives the kind's name.
func (k Kind) String() string { return kindNames[k] }

// ParseKind reads a kind's name.
func ParseKind(s string) (Kind, error) {
	if k := kindNamed(s); k != 0 {
		return k, nil
	}
	return 0, fmt.Errorf("unknown kind %q: one of %s", s, strings.Join(kindNames[1:], ", "))
}

// kindNamed gives the kind of a name, 0 where there is none.
func kindNamed(s string) Kind { return Kind(max(0, slices.Index(kindNames[:], s))) }

// forever is the end of an entry without a stated end.
const forever = math.MaxInt64

// Entry is what a list says of an address, a prefix or a name. Times are ms UTC.
type Entry struct {
	List                    uint16 // index into [Lists.Info]
	Kind                    Kind
	Exact                   bool    // one endpoint (address, mostly with port), not a range
	Share                   float32 // share of the range that is the tool, 0 where unknown
	Port                    uint16  // 0: any
	Protocol                uint8   // IP protocol number, 0: any
	Tool, Service, Category string
	ValidFrom, ValidTo      int64
	AsOf                    int64
	// Ages: the entry has an age although it has an end, which is when another state of its
	// list had it no more.
	Ages bool
}

// Match is an entry that is valid at a flow's time.
type Match struct {
	Entry uint32 // index into [Lists.Entries]
	// AgeDays is how old the statement is at the flow's time; 0 inside a stated validity.
	AgeDays int32
}

// ListInfo describes a loaded list.
type ListInfo struct {
	Name    string
	SHA256  string // first 12 hex digits
	AsOf    time.Time
	Entries int
	Skipped int // lines that state what this program does not use (keywords, expressions)
	// Kept: its states are kept, so that what it says of a day does not depend on when it is asked.
	Kept bool
}

// Lists is an immutable set of lists, safe for concurrent use.
type Lists struct {
	info    []ListInfo
	entries []Entry
	addrs   bart.Fast[uint32]
	sets    [][]uint32 // sets of entries; 0 is empty
	names   *domain.Table
	version string
}

// Info describes the lists in the order of configuration.
func (l *Lists) Info() []ListInfo { return l.info }

// Begins gives the time before which the list with an index into [Lists.Info] says nothing.
func (l *Lists) Begins(list int) time.Time {
	first := int64(forever)
	for i := range l.entries {
		if int(l.entries[i].List) == list {
			first = min(first, l.entries[i].ValidFrom)
		}
	}
	return time.UnixMilli(first)
}

// Entries are all distinct statements; [Match.Entry] is an index into them.
func (l *Lists) Entries() []Entry { return l.entries }

// Version names the lists and their contents: "name@as_of+sha256 prefix", or with ~ for @
// where states are kept, and then what else servers and clients are looked up by, all by commas.
func (l *Lists) Version() string { return l.version }

// Address gives the number of the set of entries that cover addr, whatever their
// validity; 0 where there is none.
func (l *Lists) Address(addr netip.Addr) uint32 {
	set, _ := l.addrs.Lookup(addr)
	return set
}

// Name is Address for a server name.
func (l *Lists) Name(name string) uint32 { return l.names.Lookup(name) }

// AddressEntries are the indexes of the entries of a set that Address gave.
func (l *Lists) AddressEntries(set uint32) []uint32 { return l.sets[set] }

// NameEntries are the indexes of the entries of a set that Name gave.
func (l *Lists) NameEntries(set uint32) []uint32 { return l.names.IDs(set) }

// Valid reports whether entry i speaks of a flow to this port at this time (ms UTC),
// and how old it is then.
func (l *Lists) Valid(i uint32, at int64, port uint16, protocol uint8) (Match, bool) {
	e := &l.entries[i]
	if at < e.ValidFrom || at >= e.ValidTo {
		return Match{}, false
	}
	if e.Port != 0 && e.Port != port || e.Protocol != 0 && e.Protocol != protocol {
		return Match{}, false
	}
	if e.ValidTo != forever && !e.Ages || at <= e.AsOf {
		return Match{Entry: i}, true
	}
	return Match{Entry: i, AgeDays: int32((at - e.AsOf) / schemas.DayMS)}, true
}

// AppendValid appends the valid ones among the entries to dst.
func (l *Lists) AppendValid(dst []Match, entries []uint32, at int64, port uint16, protocol uint8) []Match {
	for _, i := range entries {
		if m, ok := l.Valid(i, at, port, protocol); ok {
			dst = append(dst, m)
		}
	}
	return dst
}
