package classify

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/banshift/banshift/schemas"
)

// The slow interpreter reads rules as they are written and knows nothing of anchors,
// tables or tenths of decibans. It is what the compiled engine is checked against.

type slowMatch struct {
	kind, tool, service string
	exact, name         bool
	port                uint16
	share               float64
	age                 int
}

type slowFlow struct {
	proto                  uint8
	client, server         uint16
	bits                   []string
	sizes                  []int
	lengths                string
	v6                     bool
	sni, alpn, ja4, sensor string
	confidence             int
	asn                    uint32
	asType                 string
	start, end             int64
	up, down               [2]uint64 // bytes, packets
	clientASN              uint32
	matches                []slowMatch
}

func slowIn(rs []Range, v int) bool {
	return slices.ContainsFunc(rs, func(r Range) bool { return v >= int(r.Min) && v <= int(r.Max) })
}

// slowPayloads are the payload sizes, or false where they cannot be known.
func (f *slowFlow) slowPayloads() ([]int, bool) {
	cut := 0
	switch {
	case f.lengths == "l4_payload":
	case f.lengths == "ip_total" && f.proto == 17 && f.v6:
		cut = 48
	case f.lengths == "ip_total" && f.proto == 17:
		cut = 28
	default:
		return nil, false
	}
	var out []int
	for _, s := range f.sizes {
		if s == 0 {
			break
		}
		if s > 0 {
			out = append(out, s-cut)
		} else {
			out = append(out, s+cut)
		}
	}
	return out, true
}

func slowNameIn(sni string, suffix, exact []string) bool {
	sni = strings.ToLower(sni)
	for _, n := range suffix {
		if sni == n || strings.HasSuffix(sni, "."+n) {
			return true
		}
	}
	return slices.Contains(exact, sni)
}

func slowBound(b *Bounds, v float64) bool {
	return b == nil || (b.Min == nil || *b.Min <= v) && (b.Max == nil || *b.Max >= v)
}

func slowRatio(b *Bounds, over, under uint64) bool {
	return b == nil || under != 0 && slowBound(b, float64(over)/float64(under))
}

func slowGlob(patterns []string, label string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		// path.Match stops at slashes; labels have none.
		ok, err := path.Match(strings.ToLower(p), strings.ToLower(label))
		return err == nil && ok
	})
}

func slowProto(names []string, n uint8) bool {
	if len(names) == 0 {
		return true
	}
	known := map[string]uint8{"icmp": 1, "ipip": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "etherip": 97, "sctp": 132}
	return slices.ContainsFunc(names, func(s string) bool {
		v, ok := known[s]
		return ok && v == n || strconv.Itoa(int(n)) == s
	})
}

// slowHolds decides everything but the condition on lists.
func slowHolds(p *Pack, sets map[string]NameSet, r *Rule, f *slowFlow) bool {
	w := &r.When
	has := func(b string) bool { return slices.Contains(f.bits, b) }
	all := func(names []string) bool { return !slices.ContainsFunc(names, func(b string) bool { return !has(b) }) }
	if !slowProto(w.Proto, f.proto) || !all(w.Signatures.All) || slices.ContainsFunc(w.Signatures.None, has) {
		return false
	}
	if len(w.Context.All)+len(w.Context.Any)+len(w.Context.None) > 0 {
		return false // these batches carry no context
	}
	if !all(w.Traits.All) || slices.ContainsFunc(w.Traits.None, has) || len(w.Traits.Any) > 0 && !slices.ContainsFunc(w.Traits.Any, has) {
		return false
	}
	if len(w.Signatures.Seen) > 0 && has("inspected") && !slices.ContainsFunc(w.Signatures.Seen, has) {
		return false
	}
	if w.Local != nil && *w.Local {
		return false // the servers of these batches are none
	}
	if len(w.Signatures.Any) > 0 && !slices.ContainsFunc(w.Signatures.Any, has) {
		return false
	}
	if w.ServerPort != nil && !slowIn(w.ServerPort, int(f.server)) || w.ClientPort != nil && !slowIn(w.ClientPort, int(f.client)) {
		return false
	}
	if w.SamePort != nil && *w.SamePort == (f.server != f.client) {
		return false
	}
	if w.AnyPort != nil && !slowIn(w.AnyPort, int(f.server)) && !slowIn(w.AnyPort, int(f.client)) {
		return false
	}
	if w.SNI != nil {
		if w.SNI.Present != nil && *w.SNI.Present == (f.sni == "") {
			return false
		}
		named := slowNameIn(f.sni, w.SNI.Suffix, w.SNI.Exact)
		for _, id := range w.SNI.In {
			named = named || slowNameIn(f.sni, sets[id].Suffix, sets[id].Exact)
		}
		if len(w.SNI.Suffix)+len(w.SNI.Exact)+len(w.SNI.In) > 0 && !named {
			return false
		}
	}
	if r.EndpointName && !slowEndpoint(p, sets, w.SNI, f.sni) {
		return false
	}
	offered := func(want []string) bool {
		return slices.ContainsFunc(strings.Split(f.alpn, ","), func(a string) bool { return a != "" && slices.Contains(want, a) })
	}
	if w.ALPN != nil && !offered(w.ALPN) || w.ALPNNone != nil && offered(w.ALPNNone) || w.JA4 != nil && !slices.Contains(w.JA4, f.ja4) {
		return false
	}
	if w.Sensor != nil && !slowGlob(w.Sensor, f.sensor) || !slowBound(w.SensorConfidence, float64(f.confidence)) {
		return false
	}
	if w.ServerType != nil && !slices.Contains(w.ServerType, f.asType) || w.ServerASN != nil && !slices.Contains(w.ServerASN, f.asn) {
		return false
	}
	if w.Answered != nil && *w.Answered == (f.down[1] == 0) {
		return false
	}
	return slowSizes(w, f) && slowBound(w.DurationS, float64(f.end-f.start)/1000) &&
		slowBound(w.BytesUp, float64(f.up[0])) && slowBound(w.BytesDown, float64(f.down[0])) &&
		slowBound(w.PacketsUp, float64(f.up[1])) && slowBound(w.PacketsDown, float64(f.down[1])) &&
		slowRatio(w.MeanUp, f.up[0], f.up[1]) && slowRatio(w.MeanDown, f.down[0], f.down[1]) && slowRatio(w.DownUpRatio, f.down[0], f.up[0])
}

// slowEndpoint looks for a name that is stated exactly, or that is below a suffix and no visit.
func slowEndpoint(p *Pack, sets map[string]NameSet, n *Names, sni string) bool {
	if n == nil {
		return true
	}
	exact, suffix := slices.Clone(n.Exact), slices.Clone(n.Suffix)
	for _, id := range n.In {
		exact, suffix = append(exact, sets[id].Exact...), append(suffix, sets[id].Suffix...)
	}
	sni = strings.ToLower(sni)
	if slices.Contains(exact, sni) {
		return true
	}
	return !slices.Contains(suffix, sni) && !p.visits[strings.Split(sni, ".")[0]]
}

// slowNameAlone looks for any condition that a visit to a site does not meet.
func slowNameAlone(r *Rule) bool {
	w := &r.When
	if r.EndpointName || (w.SNI == nil || len(w.SNI.In)+len(w.SNI.Suffix)+len(w.SNI.Exact) == 0) && (w.List == nil || !w.List.Name) {
		return false
	}
	common := []string{"tls", "tls-server", "quic", "dns", "http", "stun", "fully-encrypted", "bittorrent", "rtp", "ssh", "dtls"}
	for _, s := range w.Signatures.All {
		if !slices.Contains(common, s) {
			return false
		}
	}
	rare := len(w.Signatures.Any) > 0
	for _, s := range w.Signatures.Any {
		rare = rare && !slices.Contains(common, s)
	}
	for _, a := range w.ALPN {
		rare = rare || !slices.Contains([]string{"h2", "http/1.1", "http/1.0", "h3"}, a)
	}
	return !rare && w.JA4 == nil && w.Context.All == nil && w.Sensor == nil && w.FirstUp == nil && w.FirstDown == nil && w.Sizes == nil
}

func slowSizes(w *When, f *slowFlow) bool {
	if w.FirstUp == nil && w.FirstDown == nil && w.Sizes == nil && w.SizesMod == nil {
		return true
	}
	sizes, known := f.slowPayloads()
	if !known {
		return false
	}
	var ups, downs []int
	for i, s := range sizes {
		if f.sizes[i] > 0 {
			ups = append(ups, abs(s))
		} else {
			downs = append(downs, abs(s))
		}
	}
	if w.FirstUp != nil && (len(ups) == 0 || !slowIn(w.FirstUp, ups[0])) || w.FirstDown != nil && (len(downs) == 0 || !slowIn(w.FirstDown, downs[0])) {
		return false
	}
	if len(w.Sizes) > len(sizes) {
		return false
	}
	for i, r := range w.Sizes {
		if !slowIn([]Range{r}, sizes[i]) {
			return false
		}
	}
	if m := w.SizesMod; m != nil {
		if len(sizes) < m.Count {
			return false
		}
		for _, s := range sizes {
			if abs(s) < m.Min || abs(s)%m.Modulus != 0 {
				return false
			}
		}
	}
	return true
}

func abs(v int) int { return max(v, -v) }

func slowListed(l *Listed, m slowMatch) bool {
	return l.Name == m.name &&
		(l.Kind == nil || slices.Contains(l.Kind, m.kind)) && (l.Tool == nil || slices.Contains(l.Tool, m.tool)) &&
		(l.Service == nil || slices.Contains(l.Service, m.service)) && (l.Exact == nil || *l.Exact == m.exact) &&
		(l.Port == nil || *l.Port == (m.port != 0)) && (l.MinAgeDays == nil || m.age >= *l.MinAgeDays) &&
		(l.MaxAgeDays == nil || m.age <= *l.MaxAgeDays) && (l.MinShare == nil || float64(float32(m.share)) >= *l.MinShare) &&
		(l.MaxShare == nil || float64(float32(m.share)) <= *l.MaxShare)
}

type slowHit struct {
	rule          int
	tool, service string
}

// slowSubjects gives what a rule speaks about on a flow, if it fires.
func slowSubjects(p *Pack, sets map[string]NameSet, i int, f *slowFlow) []slowHit {
	r := &p.source[i]
	if !slowHolds(p, sets, r, f) {
		return nil
	}
	var hits []slowHit
	if r.When.List != nil {
		for _, m := range f.matches {
			if !slowListed(r.When.List, m) {
				continue
			}
			h := slowHit{i, r.Tool, r.Service}
			if r.From == "list" {
				h.tool, h.service = m.tool, m.service
				if h.tool == "" {
					h.tool = map[string]string{"vpn": "vpn", "tor": "tor", "doh": "doh"}[m.kind]
				}
			}
			if h.tool+h.service != "" {
				hits = append(hits, h)
			}
		}
		return hits
	}
	switch r.From {
	case "names":
		for _, s := range p.services {
			if f.sni != "" && slowNameIn(f.sni, s.Names, s.Exact) {
				hits = append(hits, slowHit{i, "", s.ID})
			}
		}
	case "sensor":
		for _, s := range p.services {
			if slowGlob(s.Sensor, f.sensor) {
				hits = append(hits, slowHit{i, "", s.ID})
			}
		}
	default:
		hits = append(hits, slowHit{i, r.Tool, r.Service})
	}
	return hits
}

type slowVerdict struct {
	tool, service string
	p             float64
	level         schemas.Level
	rules         []int
}

func slowAncestors(p *Pack, tool string) []string {
	var out []string
	for {
		i := slices.IndexFunc(p.tools, func(t Tool) bool { return t.ID == tool })
		if tool = p.tools[i].Parent; tool == "" {
			return out
		}
		out = append(out, tool)
	}
}

func slowClassify(p *Pack, sets map[string]NameSet, f *slowFlow) slowVerdict {
	var hits []slowHit
	spoken := map[string]bool{} // tools for which a rule that is not supporting speaks
	anyTool := false
	for i := range p.source {
		if !p.source[i].Supporting {
			for _, h := range slowSubjects(p, sets, i, f) {
				hits = append(hits, h)
				anyTool = anyTool || h.tool != ""
				spoken[h.tool] = spoken[h.tool] || h.tool != "" && p.source[i].DB > 0
			}
		}
	}
	own := map[string]bool{}
	for tool, yes := range spoken {
		if yes {
			own[tool] = true
		}
	}
	for i := range p.source {
		if r := &p.source[i]; r.Supporting && anyTool {
			for tool := range own {
				if r.Tool == "" || tool == r.Tool || slices.Contains(slowAncestors(p, tool), r.Tool) {
					hits = append(hits, slowSubjects(p, sets, i, f)...)
					break
				}
			}
		}
	}
	v := slowVerdict{tool: none}
	for _, h := range hits {
		v.rules = append(v.rules, h.rule)
	}
	slices.Sort(v.rules)
	v.rules = slices.Compact(v.rules)
	slowTool(p, hits, own, &v)
	v.service = slowService(p, hits)
	return v
}

func slowTool(p *Pack, hits []slowHit, own map[string]bool, v *slowVerdict) {
	type scored struct {
		tool          string
		db            float64
		families      map[string]bool
		solid         map[string]bool // families in which a rule speaks that is no name alone
		deterministic bool
	}
	var all []scored
	for _, t := range p.tools { // in the order of the pack: it breaks ties
		if !own[t.ID] {
			continue
		}
		kin := append([]string{t.ID}, slowAncestors(p, t.ID)...)
		s := scored{tool: t.ID, db: float64(p.prior) / 10, families: map[string]bool{}, solid: map[string]bool{}}
		if t.PriorDB != nil {
			s.db = *t.PriorDB
		}
		for _, fam := range familyNames {
			pos, neg := 0.0, 0.0
			for _, h := range hits {
				r := &p.source[h.rule]
				if r.Family == fam && slices.Contains(kin, h.tool) {
					pos, neg = max(pos, r.DB), min(neg, r.DB)
					s.solid[fam] = s.solid[fam] || r.DB > 0 && !slowNameAlone(r)
					s.deterministic = s.deterministic || r.Deterministic && h.tool == t.ID && r.DB > 0
				}
			}
			s.db += pos + neg
			if pos > 0 {
				s.families[fam] = true
			}
		}
		s.db = math.Round(s.db*10) / 10
		all = append(all, s)
	}
	if len(all) == 0 {
		return
	}
	best := all[0]
	for _, s := range all[1:] {
		if s.db > best.db {
			best = s
		}
	}
	v.p = 1 / (1 + math.Pow(10, -best.db/10))
	weak := []string{"ports_proto", "asn_type", "behaviour", "dns_context"}
	onlyWeak := true
	for fam := range best.families {
		if !best.solid[fam] {
			delete(best.families, fam)
			continue
		}
		onlyWeak = onlyWeak && slices.Contains(weak, fam)
	}
	hard := best.families["endpoint"] || best.families["handshake_sizes"] || best.families["tls_identity"]
	switch {
	case best.db < 0:
		return
	case onlyWeak && !best.deterministic:
		v.level = schemas.Possible
	case best.db >= 10*math.Log10(99) && (best.deterministic || len(best.families) >= 2 && hard):
		v.level = schemas.Confirmed
	case best.db >= 10*math.Log10(4):
		v.level = schemas.Likely
	default:
		v.level = schemas.Possible
	}
	for _, t := range p.tools {
		if t.ID != best.tool {
			continue
		}
		if t.Ceiling == "possible" {
			v.level = min(v.level, schemas.Possible)
		} else if t.Ceiling == "likely" {
			v.level = min(v.level, schemas.Likely)
		}
	}
	// The class that holds every rival: the first of the best's ancestry that all share.
	for _, class := range append([]string{best.tool}, slowAncestors(p, best.tool)...) {
		holds := true
		for _, s := range all {
			if best.db-s.db < 6 && s.tool != class && !slices.Contains(slowAncestors(p, s.tool), class) {
				holds = false
			}
		}
		if holds {
			v.tool = class
			return
		}
	}
	v.level = schemas.Unclassified
}

func slowService(p *Pack, hits []slowHit) string {
	type scored struct {
		service string
		db      float64
	}
	var all []scored
	for _, h := range hits {
		if h.service == "" || slices.ContainsFunc(all, func(s scored) bool { return s.service == h.service }) {
			continue
		}
		s := scored{h.service, float64(p.prior) / 10}
		for _, fam := range familyNames {
			pos, neg := 0.0, 0.0
			for _, o := range hits {
				if r := &p.source[o.rule]; o.service == h.service && r.Family == fam {
					pos, neg = max(pos, r.DB), min(neg, r.DB)
				}
			}
			s.db += pos + neg
		}
		s.db = math.Round(s.db*10) / 10
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b scored) int {
		switch {
		case a.db > b.db:
			return -1
		case a.db < b.db:
			return 1
		}
		return 0
	})
	if len(all) == 0 || all[0].db < 0 || len(all) > 1 && all[1].db >= 0 && all[0].db-all[1].db < 6 {
		return ""
	}
	return all[0].service
}
