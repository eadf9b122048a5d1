package flowcontext

import (
	"cmp"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/schemas"
)

// lookup is one question for a name of a service.
type lookup struct {
	client uint64
	at     int64
}

func compareLookups(a, b lookup) int {
	return cmp.Or(cmp.Compare(a.client, b.client), cmp.Compare(a.at, b.at))
}

// circumvents reports whether interest in a category of services is interest in a tunnel.
func circumvents(category string) bool {
	switch category {
	case "vpn", "proxy", "anonymity", "tunnel", "mesh":
		return true
	}
	return false
}

func (s *Sightings) lookAtDNS(dns arrow.Record, interest func(string, int64) (string, string, bool)) error {
	d, err := schemas.DNSOf(dns)
	if err != nil {
		return err
	}
	for i := range d.Len {
		if _, category, ok := interest(d.Name.Value(i), int64(d.Time[i])); ok && circumvents(category) {
			s.asked = append(s.asked, lookup{d.Client[i], int64(d.Time[i])})
			s.asking.add(hashClient(d.Client[i]))
		}
	}
	return nil
}

// lookups sets [AfterLookup].
func (s *scratch) lookups() {
	s.seen, s.asked = filter{}, s.asked[:0]
	for _, r := range s.all {
		if len(r.asked) > 0 {
			s.seen.merge(&r.asking)
			s.asked = append(s.asked, r.asked...)
		}
	}
	if len(s.asked) == 0 {
		return
	}
	slices.SortFunc(s.asked, compareLookups)
	for i, client := range s.own.client {
		if !s.seen.has(hashClient(client)) {
			continue
		}
		start := int64(s.own.start[i])
		// The last question by this client no later than the flow's start.
		n, _ := slices.BinarySearchFunc(s.asked, lookup{client, start + 1}, compareLookups)
		if n > 0 && s.asked[n-1].client == client && start-s.asked[n-1].at <= LookupWindow {
			s.out[i] |= uint32(AfterLookup)
		}
	}
}
