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

// lookups sets [AfterLookup].
func (s *scratch) lookups(dns arrow.Record, interest func(string, int64) (string, string, bool)) error {
	d, err := schemas.DNSOf(dns)
	if err != nil {
		return err
	}
	s.seen = filter{}
	asked := s.asked[:0]
	for i := range d.Len {
		if _, category, ok := interest(d.Name.Value(i), int64(d.Time[i])); ok && circumvents(category) {
			asked = append(asked, lookup{d.Client[i], int64(d.Time[i])})
			s.seen.add(hashClient(d.Client[i]))
		}
	}
	s.asked = asked
	if len(asked) == 0 {
		return nil
	}
	slices.SortFunc(asked, compareLookups)
	f := s.flows
	for i := range f.Len {
		if !s.seen.has(hashClient(f.Client[i])) {
			continue
		}
		start := int64(f.Start[i])
		// The last question by this client no later than the flow's start.
		n, _ := slices.BinarySearchFunc(asked, lookup{f.Client[i], start + 1}, compareLookups)
		if n > 0 && asked[n-1].client == f.Client[i] && start-asked[n-1].at <= LookupWindow {
			s.out[i] |= uint32(AfterLookup)
		}
	}
	return nil
}
