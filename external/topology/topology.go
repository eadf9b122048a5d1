// Package topology reads who is connected to whom and where networks are registered: AS
// relationships as CAIDA publishes them, and delegations as the regional registries do.
//
// It must never guess: a network that no delegation names has no country.
package topology

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Link is a relation between two networks, whatever its kind.
type Link struct{ A, B uint32 }

// maxLine bounds a line; both formats have short ones.
const maxLine = 1 << 16

// ErrEmpty says that a file holds nothing of its format.
var ErrEmpty = errors.New("nothing found: is it the right file?")

// ReadLinks reads CAIDA's AS relationships: "provider|customer|-1" and "peer|peer|0" a
// line, with further columns in serial-2 (https://publicdata.caida.org/datasets/as-relationships/).
func ReadLinks(r io.Reader) ([]Link, error) {
	var links []Link
	err := eachLine(r, func(fields []string) error {
		if len(fields) < 3 {
			return errors.New("want two networks and their relation")
		}
		a, err := parseASN(fields[0])
		if err != nil {
			return err
		}
		b, err := parseASN(fields[1])
		if err != nil {
			return err
		}
		links = append(links, Link{a, b})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("AS relationships: %w", err)
	}
	if len(links) == 0 {
		return nil, fmt.Errorf("AS relationships: %w", ErrEmpty)
	}
	return links, nil
}

// Delegations says in which country each network is registered.
type Delegations struct{ runs []run }

// run is AS numbers first to last of one country.
type run struct {
	first, last uint32
	country     string
}

// Read adds a registry's statistics, in the plain or the extended exchange format:
// "registry|cc|asn|first|count|date|status"
// (https://www.nro.net/wp-content/uploads/nro-extended-stats-readme5.txt).
func (d *Delegations) Read(r io.Reader) error {
	before := len(d.runs)
	err := eachLine(r, func(fields []string) error {
		if len(fields) < 7 || fields[2] != "asn" || fields[1] == "" || fields[1] == "*" {
			return nil // version line, summary, addresses, or kept by the registry itself
		}
		first, err := parseASN(fields[3])
		if err != nil {
			return err
		}
		count, err := strconv.ParseUint(fields[4], 10, 32)
		if err != nil || count == 0 || uint64(first)+count-1 > 1<<32-1 {
			return fmt.Errorf("%q is no number of networks", fields[4])
		}
		d.runs = append(d.runs, run{first, first + uint32(count-1), strings.ToLower(fields[1])})
		return nil
	})
	if err != nil {
		return fmt.Errorf("delegations: %w", err)
	}
	if len(d.runs) == before {
		return fmt.Errorf("delegations: %w", ErrEmpty)
	}
	slices.SortStableFunc(d.runs, func(a, b run) int { return cmp.Compare(a.first, b.first) })
	return nil
}

// Country is the lower-case ISO code of a network; empty where no delegation names it.
func (d *Delegations) Country(asn uint32) string {
	i, found := slices.BinarySearchFunc(d.runs, asn, func(r run, asn uint32) int { return cmp.Compare(r.first, asn) })
	if !found {
		i--
	}
	if i < 0 || d.runs[i].last < asn {
		return ""
	}
	return d.runs[i].country
}

func parseASN(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no AS number", s)
	}
	return uint32(n), nil
}

// eachLine gives the fields of the lines that are neither empty nor comments; an error
// gets the number of its line.
func eachLine(r io.Reader, yield func(fields []string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		if err := yield(strings.Split(text, "|")); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}
