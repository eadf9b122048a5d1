package classify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/flowcontext"
)

// predicate is one compiled condition.
type predicate func(*row) bool

// entryPredicate is a compiled condition on a list's entry.
type entryPredicate func(enrich.Match, *enrich.Entry) bool

// compileWhen turns conditions into predicates, cheap ones first. Conditions on names
// and sensor labels need the pack's tables: groups and sensorSet number them.
func (c *compiler) compileWhen(src *Rule, r *rule) error {
	w := &src.When
	var errs []error
	add := func(p predicate, err error) {
		if err != nil {
			errs = append(errs, err)
		}
		if p != nil {
			r.when = append(r.when, p)
		}
	}
	add(protoPredicate(w.Proto))
	add(signaturesPredicate(w.Signatures))
	add(traitsPredicate(w.Traits))
	add(contextPredicate(w.Context))
	add(portPredicate(w))
	add(sizePredicate(w))
	add(flowPredicate(w), nil)
	add(networkPredicate(w))
	add(localPredicate(w.Local), nil)
	add(c.namePredicate(w.SNI))
	if src.EndpointName && w.SNI.lists() {
		add(c.endpointPredicate(w.SNI))
	}
	add(alpnPredicate(w), nil)
	add(ja4Predicate(w.JA4), nil)
	add(c.sensorPredicate(w.Sensor), nil)
	list, err := listPredicate(w.List)
	if err != nil {
		errs = append(errs, err)
	}
	r.list, r.listName = list, w.List != nil && w.List.Name
	return errors.Join(errs...)
}

func protoPredicate(names []string) (predicate, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var want [256]bool
	for _, s := range names {
		n, err := parseProtocol(s)
		if err != nil {
			return nil, err
		}
		want[n] = true
	}
	return func(r *row) bool { return want[r.flows.Protocol[r.i]] }, nil
}

func parseSignatures(names []string) (schemas.SignatureSet, error) {
	var set schemas.SignatureSet
	for _, s := range names {
		m, ok := schemas.ParseSignature(s)
		if _, trait := schemas.ParseTrait(s); !ok && trait {
			return set, fmt.Errorf("%q is a trait: ask for it under traits, not under signatures", s)
		}
		if !ok {
			return set, fmt.Errorf("unknown signature %q: want one of %s", s, strings.Join(schemas.SignatureNames(), ", "))
		}
		set = set.With(schemas.SignaturesOf(m))
	}
	return set, nil
}

func signaturesPredicate(b Bits) (predicate, error) {
	all, err1 := parseSignatures(b.All)
	some, err2 := parseSignatures(b.Any)
	none, err3 := parseSignatures(b.None)
	seen, err4 := parseSignatures(b.Seen)
	if b.empty() {
		return nil, nil
	}
	return func(r *row) bool {
		s := r.flows.SignaturesAt(r.i)
		if !seen.Empty() && r.flows.TraitsAt(r.i).Has(schemas.TraitInspected) && !s.HasAny(seen) {
			return false
		}
		return s.HasAll(all) && !s.HasAny(none) && (some.Empty() || s.HasAny(some))
	}, errors.Join(err1, err2, err3, err4)
}

func parseTraits(names []string) (schemas.Traits, error) {
	var traits schemas.Traits
	for _, s := range names {
		t, ok := schemas.ParseTrait(s)
		if !ok {
			return 0, fmt.Errorf("unknown trait %q: want one of %s", s, strings.Join(schemas.TraitNames(), ", "))
		}
		traits |= t
	}
	return traits, nil
}

func traitsPredicate(b Bits) (predicate, error) {
	all, err1 := parseTraits(b.All)
	some, err2 := parseTraits(b.Any)
	none, err3 := parseTraits(b.None)
	if b.empty() {
		return nil, nil
	}
	return func(r *row) bool {
		t := r.flows.TraitsAt(r.i)
		return t&all == all && t&none == 0 && (some == 0 || t&some != 0)
	}, errors.Join(err1, err2, err3)
}

func parseContext(names []string) (flowcontext.Bits, error) {
	var bits flowcontext.Bits
	for _, s := range names {
		b, ok := flowcontext.Parse(s)
		if !ok {
			return 0, fmt.Errorf("unknown context %q", s)
		}
		bits |= b
	}
	return bits, nil
}

// contextPredicate does not hold where the batch carries no context at all.
func contextPredicate(b Bits) (predicate, error) {
	if b.empty() {
		return nil, nil
	}
	all, err1 := parseContext(b.All)
	some, err2 := parseContext(b.Any)
	none, err3 := parseContext(b.None)
	return func(r *row) bool {
		if r.context == nil {
			return false
		}
		c := flowcontext.Bits(r.context[r.i])
		return c&all == all && c&none == 0 && (some == 0 || c&some != 0)
	}, errors.Join(err1, err2, err3)
}

func portPredicate(w *When) (predicate, error) {
	for _, p := range slices.Concat(w.ServerPort, w.ClientPort, w.AnyPort) {
		if p.Min < 0 || p.Max > 65535 {
			return nil, fmt.Errorf("port %d..%d: not in 0 to 65535", p.Min, p.Max)
		}
	}
	if w.SamePort == nil && len(w.ServerPort)+len(w.ClientPort)+len(w.AnyPort) == 0 {
		return nil, nil
	}
	return func(r *row) bool {
		server, client := int32(r.flows.ServerPort[r.i]), int32(r.flows.ClientPort[r.i])
		return (w.SamePort == nil || *w.SamePort == (server == client)) && (w.ServerPort == nil || anyRange(w.ServerPort, server)) &&
			(w.ClientPort == nil || anyRange(w.ClientPort, client)) &&
			(w.AnyPort == nil || anyRange(w.AnyPort, server) || anyRange(w.AnyPort, client))
	}, nil
}

func sizePredicate(w *When) (predicate, error) {
	if w.FirstUp == nil && w.FirstDown == nil && w.Sizes == nil && w.SizesMod == nil {
		return nil, nil
	}
	if len(w.Sizes) > schemas.MaxFirstSizes {
		return nil, fmt.Errorf("%d sizes: a flow has %d", len(w.Sizes), schemas.MaxFirstSizes)
	}
	if m := w.SizesMod; m != nil && (m.Modulus < 2 || m.Count < 1) {
		return nil, fmt.Errorf("sizes_mod: modulus %d and count %d: want at least 2 and 1", m.Modulus, m.Count)
	}
	return func(r *row) bool {
		return firstHolds(r, w.FirstUp, true) && firstHolds(r, w.FirstDown, false) &&
			prefixHolds(r, w.Sizes) && modHolds(r, w.SizesMod)
	}, nil
}

func firstHolds(r *row, want []Range, up bool) bool {
	if want == nil {
		return true
	}
	n, known := r.first(r.i, up)
	return known && anyRange(want, n)
}

func prefixHolds(r *row, want []Range) bool {
	if want == nil {
		return true
	}
	overhead, known := r.overhead(r.i)
	if !known {
		return false
	}
	sizes := r.sizes(r.i)
	for k, w := range want {
		if sizes[k] == 0 || !w.holds(payload(sizes[k], overhead)) {
			return false
		}
	}
	return true
}

func modHolds(r *row, m *Modulus) bool {
	if m == nil {
		return true
	}
	overhead, known := r.overhead(r.i)
	if !known {
		return false
	}
	count := 0
	for _, s := range r.sizes(r.i) {
		if s == 0 {
			break
		}
		n := int(payload(s, overhead))
		if n = max(n, -n); n < m.Min || n%m.Modulus != 0 {
			return false
		}
		count++
	}
	return count >= m.Count
}

// flowPredicate covers the flow's totals. Packet and byte counts are multiplied by the
// sampling rate only in ratios, where it cancels.
func flowPredicate(w *When) predicate {
	if w.Answered == nil && w.SensorConfidence == nil && w.DurationS == nil && w.BytesUp == nil && w.BytesDown == nil && w.PacketsUp == nil &&
		w.PacketsDown == nil && w.MeanUp == nil && w.MeanDown == nil && w.DownUpRatio == nil {
		return nil
	}
	return func(r *row) bool {
		f, i := &r.flows, r.i
		if w.Answered != nil && *w.Answered != (f.PacketsDown[i] > 0) {
			return false
		}
		return boundHolds(w.SensorConfidence, float64(f.SensorConfidence[i])) &&
			boundHolds(w.DurationS, float64(f.End[i]-f.Start[i])/1000) &&
			boundHolds(w.BytesUp, float64(f.BytesUp[i])) && boundHolds(w.BytesDown, float64(f.BytesDown[i])) &&
			boundHolds(w.PacketsUp, float64(f.PacketsUp[i])) && boundHolds(w.PacketsDown, float64(f.PacketsDown[i])) &&
			ratioHolds(w.MeanUp, f.BytesUp[i], f.PacketsUp[i]) && ratioHolds(w.MeanDown, f.BytesDown[i], f.PacketsDown[i]) &&
			ratioHolds(w.DownUpRatio, f.BytesDown[i], f.BytesUp[i])
	}
}

func boundHolds(b *Bounds, v float64) bool { return b == nil || b.holds(v) }

func ratioHolds(b *Bounds, over, under uint64) bool {
	return b == nil || under > 0 && b.holds(float64(over)/float64(under))
}

func networkPredicate(w *When) (predicate, error) {
	if w.ServerType == nil && w.ServerASN == nil {
		return nil, nil
	}
	var types [8]bool
	for _, s := range w.ServerType {
		t, err := enrich.ParseASType(s)
		if err != nil {
			return nil, err
		}
		types[t] = true
	}
	return func(r *row) bool {
		if !r.enriched {
			return false
		}
		return (w.ServerType == nil || types[r.matches.Type[r.i]]) &&
			(w.ServerASN == nil || slices.Contains(w.ServerASN, r.matches.Network[r.i]))
	}, nil
}

func (c *compiler) namePredicate(n *Names) (predicate, error) {
	if n == nil {
		return nil, nil
	}
	groups, err := c.groupsOf(n)
	if err != nil {
		return nil, err
	}
	return func(r *row) bool {
		if n.Present != nil && *n.Present != (r.flows.SNI.ValueLen(r.i) > 0) {
			return false
		}
		return groups == nil || shareOne(groups, r.names(r.nameSet))
	}, nil
}

// endpointPredicate holds on what is an end point among the names of a rule.
func (c *compiler) endpointPredicate(n *Names) (predicate, error) {
	e, err := c.endpointsOf(n)
	if err != nil {
		return nil, err
	}
	return func(r *row) bool { return e.hold(r.flows.SNI.Value(r.i), r.names(r.nameSet)) }, nil
}

func localPredicate(want *bool) predicate {
	if want == nil {
		return nil
	}
	return func(r *row) bool { return *want == r.isLocal(r.i) }
}

// shareOne reports whether two short lists have a member in common.
func shareOne(a, b []uint32) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

func alpnPredicate(w *When) predicate {
	if len(w.ALPN)+len(w.ALPNNone) == 0 {
		return nil
	}
	return func(r *row) bool {
		offered := r.flows.ALPN.Value(r.i)
		return (w.ALPN == nil || alpnHas(offered, w.ALPN)) && (w.ALPNNone == nil || !alpnHas(offered, w.ALPNNone))
	}
}

// alpnHas reports whether one of a comma-joined list of protocols is wanted.
func alpnHas(offered string, want []string) bool {
	for offered != "" {
		one, rest, _ := strings.Cut(offered, ",")
		if slices.Contains(want, strings.TrimSpace(one)) {
			return true
		}
		offered = rest
	}
	return false
}

func ja4Predicate(want []string) predicate {
	if len(want) == 0 {
		return nil
	}
	return func(r *row) bool { return slices.Contains(want, r.flows.JA4.Value(r.i)) }
}

func (c *compiler) sensorPredicate(patterns []string) predicate {
	if len(patterns) == 0 {
		return nil
	}
	set := c.sensorSet(patterns)
	return func(r *row) bool {
		label := r.label(r.i)
		return label != nil && label.sets[set]
	}
}

func listPredicate(l *Listed) (entryPredicate, error) {
	if l == nil {
		return nil, nil
	}
	var kinds [8]bool
	for _, s := range l.Kind {
		k, err := enrich.ParseKind(s)
		if err != nil {
			return nil, err
		}
		kinds[k] = true
	}
	return func(m enrich.Match, e *enrich.Entry) bool {
		switch {
		case l.Kind != nil && !kinds[e.Kind],
			l.Tool != nil && !slices.Contains(l.Tool, e.Tool),
			l.Service != nil && !slices.Contains(l.Service, e.Service),
			l.Exact != nil && *l.Exact != e.Exact,
			l.Port != nil && *l.Port != (e.Port != 0),
			l.MinAgeDays != nil && int(m.AgeDays) < *l.MinAgeDays,
			l.MaxAgeDays != nil && int(m.AgeDays) > *l.MaxAgeDays,
			l.MinShare != nil && float64(e.Share) < *l.MinShare,
			l.MaxShare != nil && float64(e.Share) > *l.MaxShare:
			return false
		}
		return true
	}, nil
}

// sensorLabel is one distinct label with the pattern sets that it matches.
type sensorLabel struct {
	sets     []bool
	rules    []uint16 // rules anchored at one of them
	services []int16
}

// globMatch matches s against a pattern in which "*" stands for anything, in any case.
func globMatch(pattern, s string) bool {
	pattern, s = strings.ToLower(pattern), strings.ToLower(s)
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == pattern
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(s, part)
		}
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s, rest = s[at+len(part):], more
	}
}
