package enrich

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// torTime is how Tor's documents write times, in UTC.
const torTime = "2006-01-02 15:04:05"

// torConsensus reads a network status document (dir-spec, section 3.4): relays hold
// from its valid-after until its valid-until, unless the source states other dates.
func (r *reader) torConsensus(data []byte) error {
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		keyword, rest, _ := strings.Cut(sc.Text(), " ")
		var err error
		switch keyword {
		case "valid-after":
			err = stated(&r.src.ValidFrom, rest)
			if r.src.AsOf.IsZero() {
				r.src.AsOf = r.src.ValidFrom
			}
		case "valid-until":
			err = stated(&r.src.ValidTo, rest)
		case "r":
			err = r.consensusRelay(strings.Fields(rest))
		case "a":
			err = r.relay(strings.TrimSpace(rest), r.base())
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return sc.Err()
}

// stated reads a time into dst unless the source states one already.
func stated(dst *time.Time, text string) error {
	t, err := time.Parse(torTime, strings.TrimSpace(text))
	if err == nil && dst.IsZero() {
		*dst = t
	}
	return err
}

// consensusRelay reads an "r" line; the last three fields are address, ORPort and
// DirPort in every flavour of the consensus.
func (r *reader) consensusRelay(fields []string) error {
	if len(fields) < 7 {
		return errors.New("router line: too few fields")
	}
	if err := r.needDate(); err != nil {
		return err
	}
	return r.relay(netipPort(fields[len(fields)-3], fields[len(fields)-2]), r.base())
}

func netipPort(addr, port string) string { return addr + ":" + port }

// relay adds an address with its ORPort, which is TCP by definition.
func (r *reader) relay(text string, e Entry) error {
	ap, err := netip.ParseAddrPort(text)
	if err != nil {
		return err
	}
	if err := r.needDate(); err != nil {
		return err
	}
	a := ap.Addr().Unmap()
	e.Kind, e.Tool, e.Category, e.Exact = KindTor, "tor", "anonymity", true
	e.Port, e.Protocol = ap.Port(), 6
	return r.add(netip.PrefixFrom(a, a.BitLen()), e)
}

// onionoo reads Onionoo's details document: a relay holds since its address last
// changed, one that no longer runs until an hour after it was last seen.
func (r *reader) onionoo(data []byte) error {
	var doc struct {
		Published string `json:"relays_published"`
		Relays    []struct {
			Addresses []string `json:"or_addresses"`
			Changed   string   `json:"last_changed_address_or_port"`
			LastSeen  string   `json:"last_seen"`
			Running   bool     `json:"running"`
		} `json:"relays"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	if err := stated(&r.src.AsOf, doc.Published); err != nil {
		return fmt.Errorf("relays_published: %w", err)
	}
	whole := r.src.ValidFrom.IsZero()
	if err := r.needDate(); err != nil {
		return err
	}
	for i, relay := range doc.Relays {
		e := r.base()
		if t, err := time.Parse(torTime, relay.Changed); err == nil && whole {
			e.ValidFrom = t.UnixMilli()
		}
		if t, err := time.Parse(torTime, relay.LastSeen); err == nil && !relay.Running && r.src.ValidTo.IsZero() {
			e.ValidTo = t.Add(time.Hour).UnixMilli()
		}
		for _, text := range relay.Addresses {
			if err := r.relay(text, e); err != nil {
				return fmt.Errorf("relay %s: %w", strconv.Itoa(i+1), err)
			}
		}
	}
	return nil
}
