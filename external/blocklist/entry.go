package blocklist

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strings"
	"time"
)

// Format is how a list is written.
type Format string

// Formats of block lists and ranges.
const (
	Zapret   Format = "zapret"   // dump.csv of zapret-info/z-i: semicolons, Windows-1251
	Prefixes Format = "prefixes" // a prefix or address a line, or CSV with a column of them
	AWS      Format = "aws"      // ip-ranges.json
)

// Formats lists the names that [Read] takes.
func Formats() []Format { return []Format{Zapret, Prefixes, AWS} }

// Entry is one row of a list.
type Entry struct {
	Prefixes     []netip.Prefix
	Domain       string
	URL          string
	Organisation string // who ordered it
	Decree       string // number, and date where the list has it: not the day of the block
	Network      string // AS number of the prefixes, where the list has it
	Simulated    bool
}

// List is a block list as it was seen.
type List struct {
	Entries []Entry
	// Seen is the time that the list states of itself, zero where it states none.
	Seen time.Time
	// Rejects are lines that could not be read, by their number and reason.
	Rejects []Reject
}

// Reject is a line that could not be read.
type Reject struct {
	Line   int
	Reason string
}

// Prefixes gives the prefixes of all entries, in order and with repetitions.
func (l *List) Prefixes() []netip.Prefix {
	var all []netip.Prefix
	for i := range l.Entries {
		all = append(all, l.Entries[i].Prefixes...)
	}
	return all
}

// DayOf is the day on which a list was seen: as it states itself, else as its file's name
// begins (2018-04-16.csv). ok is false where neither says.
func (l *List) DayOf(path string) (day time.Time, ok bool) {
	if !l.Seen.IsZero() {
		return l.Seen.Truncate(24 * time.Hour), true
	}
	name := filepath.Base(path)
	if len(name) < len(time.DateOnly) {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, name[:len(time.DateOnly)])
	return day, err == nil
}

// ErrEmpty says that a file holds no entry at all.
var ErrEmpty = errors.New("no entry found: is it the right format?")

// Read reads a whole list. Lines that cannot be read are in Rejects; a file without any
// entry is an error.
func Read(r io.Reader, format Format) (List, error) {
	var l List
	var err error
	switch format {
	case Zapret:
		err = l.zapret(r)
	case Prefixes:
		err = l.prefixes(r)
	case AWS:
		err = l.aws(r)
	default:
		err = fmt.Errorf("unknown block list format %q: want zapret, prefixes or aws", format)
	}
	if err != nil {
		return List{}, err
	}
	if len(l.Entries) == 0 {
		return List{}, ErrEmpty
	}
	return l, nil
}

func (l *List) reject(line int, reason string) {
	l.Rejects = append(l.Rejects, Reject{line, reason})
}

// parsePrefix reads a prefix or a single address; host bits are cut off.
func parsePrefix(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("not an address: %q", s)
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("not a prefix: %q", s)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("not a prefix: %q", s)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
