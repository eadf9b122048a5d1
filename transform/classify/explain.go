package classify

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/flowcontext"
)

// Explanation is why a flow got its verdict. The same pack, lists and record give the
// same bytes.
type Explanation struct {
	Pack     string  `json:"pack"` // name@semver+hash
	SHA256   string  `json:"pack_sha256"`
	Lists    string  `json:"lists,omitempty"`
	Tool     string  `json:"tool"`
	Service  string  `json:"service"`
	Category string  `json:"category"`
	P        float64 `json:"p"`
	Level    string  `json:"level"`
	// Because says in a sentence what limited or merged the verdict, empty where nothing did.
	Because string `json:"because,omitempty"`
	// Candidates are the tools for which something speaks, the most probable first.
	Candidates []Candidate `json:"candidates"`
	Ledger     []Line      `json:"ledger"`
	// ListNotes are the lists that hold the server, applied or not.
	ListNotes []ListNote `json:"lists_consulted,omitempty"`
}

// Candidate is a tool with what its evidence amounts to, in decibans.
type Candidate struct {
	Tool     string   `json:"tool"`
	PriorDB  float64  `json:"prior_db"`
	DB       float64  `json:"db"`
	P        float64  `json:"p"`
	Families []string `json:"families"`
}

// Line is one rule that fired. Counted says whether it carries weight for its
// subject: inside a family only the strongest rule does.
type Line struct {
	Rule    string   `json:"rule"`
	Tool    string   `json:"tool,omitempty"`
	Service string   `json:"service,omitempty"`
	Family  string   `json:"family"`
	DB      float64  `json:"db"`
	Counted bool     `json:"counted"`
	Values  []string `json:"values"` // what of the flow the rule read, bucketed
	Src     string   `json:"src"`
	N       int      `json:"n,omitempty"`
	Doc     string   `json:"doc,omitempty"`
	Source  string   `json:"source"`
	List    string   `json:"list,omitempty"`
}

// ListNote is what a list says of the server and whether that holds at the flow's date.
type ListNote struct {
	List      string `json:"list"`
	AsOf      string `json:"as_of"`
	ValidFrom string `json:"valid_from"`
	ValidTo   string `json:"valid_to,omitempty"`
	AgeDays   int    `json:"age_days"`
	Says      string `json:"says"`
	Applied   bool   `json:"applied"`
	Reason    string `json:"reason,omitempty"`
}

// Explain gives the reasons for the verdict on one row of a flow batch, enriched or not.
func (c *Classifier) Explain(rec arrow.Record, i int) (Explanation, error) {
	w := newWorker(c)
	if err := w.open(rec); err != nil {
		return Explanation{}, fmt.Errorf("explain: %w", err)
	}
	if i < 0 || i >= w.flows.Len {
		return Explanation{}, fmt.Errorf("explain: row %d of %d", i, w.flows.Len)
	}
	v := verdict{tool: -1, service: -1}
	if w.fire(i) {
		v = w.decide()
	}
	e := Explanation{
		Pack: c.pack.Version(), SHA256: c.pack.sum, Lists: c.lists.Version(),
		Tool: none, Category: none, P: float64(v.p), Level: v.level.String(),
		Candidates: w.candidates(), Ledger: w.ledger(), ListNotes: w.listNotes(i), Because: w.because(&v),
	}
	if v.tool >= 0 {
		e.Tool, e.Category = c.pack.tools[v.tool].ID, c.pack.tools[v.tool].Category
	}
	if v.service >= 0 {
		e.Service = c.services[v.service]
	}
	return e, nil
}

func db(tenths int32) float64 { return float64(tenths) / 10 }

func (w *worker) candidates() []Candidate {
	scores := slices.Clone(w.scores)
	slices.SortFunc(scores, func(a, b score) int {
		if a.db != b.db {
			return int(b.db - a.db)
		}
		return int(a.tool - b.tool)
	})
	out := make([]Candidate, len(scores))
	for k, s := range scores {
		out[k] = Candidate{
			Tool: w.c.pack.tools[s.tool].ID, PriorDB: db(w.priorDB(s.tool)), DB: db(s.db), P: float64(probability(s.db)),
			Families: familiesOf(s.families),
		}
	}
	return out
}

func familiesOf(set uint16) []string {
	names := []string{}
	for f := range numFamilies {
		if set&(1<<f) != 0 {
			names = append(names, f.String())
		}
	}
	return names
}

// ledger lists the rules that fired in the order of the pack.
func (w *worker) ledger() []Line {
	hits := slices.Clone(w.hits)
	slices.SortFunc(hits, compareHits)
	hits = slices.Compact(hits)
	lines := make([]Line, 0, len(hits))
	type key struct {
		tool, service int16
		family        family
		against       bool
	}
	counted := make(map[key]bool)
	for _, h := range hits {
		r, src := &w.c.pack.rules[h.rule], &w.c.pack.source[h.rule]
		line := Line{Rule: src.ID, Family: r.family.String(), DB: src.DB, Values: w.values(src),
			Src: src.Src, N: src.N, Doc: src.Doc, Source: src.Source}
		k := key{h.tool, h.service, r.family, r.db < 0}
		line.Counted = w.counts(h, r) && !counted[k]
		counted[k] = counted[k] || line.Counted
		if h.tool >= 0 {
			line.Tool = w.c.pack.tools[h.tool].ID
		}
		if h.service >= 0 {
			line.Service = w.c.services[h.service]
		}
		if h.entry >= 0 {
			line.List = w.c.lists.Info()[w.row.entries[h.entry].List].Name
		}
		lines = append(lines, line)
	}
	return lines
}

func compareHits(a, b hit) int {
	switch {
	case a.rule != b.rule:
		return int(a.rule) - int(b.rule)
	case a.tool != b.tool:
		return int(a.tool) - int(b.tool)
	case a.service != b.service:
		return int(a.service) - int(b.service)
	}
	return int(a.entry - b.entry)
}

// counts reports whether a hit is the strongest of its family for its subject.
func (w *worker) counts(h hit, r *rule) bool {
	strongest := func(a *account) bool {
		if r.db > 0 {
			return a.pos[r.family] == r.db
		}
		return a.neg[r.family] == r.db
	}
	return h.tool >= 0 && strongest(&w.tools[h.tool]) || h.service >= 0 && strongest(&w.services[h.service])
}

// values are the field values that a rule's conditions read, coarse where an exact
// value would say more about a person than about a protocol.
func (w *worker) values(src *Rule) []string {
	f, i, when := &w.flows, w.row.i, &src.When
	var out []string
	add := func(name, value string) { out = append(out, name+"="+value) }
	if len(when.Proto) > 0 {
		add("protocol", protocolName(f.Protocol[i]))
	}
	if len(when.ServerPort)+len(when.AnyPort) > 0 || when.SamePort != nil {
		add("server_port", strconv.Itoa(int(f.ServerPort[i])))
	}
	if len(when.ClientPort) > 0 || when.SamePort != nil || anyRange(when.AnyPort, int32(f.ClientPort[i])) {
		add("client_port", strconv.Itoa(int(f.ClientPort[i])))
	}
	if len(when.Signatures.All)+len(when.Signatures.Any)+len(when.Signatures.None) > 0 {
		add("signatures", f.SignaturesAt(i).String())
	}
	if !when.Traits.empty() {
		add("traits", f.TraitsAt(i).String())
	}
	if !when.Context.empty() && w.context != nil {
		add("context", flowcontext.Bits(w.context[i]).String())
	}
	if when.FirstUp != nil || when.FirstDown != nil || when.Sizes != nil || when.SizesMod != nil {
		add("sizes", w.sizeText(i))
	}
	if when.SNI != nil || src.From == "names" {
		add("sni", f.SNI.Value(i))
	}
	if len(when.ALPN)+len(when.ALPNNone) > 0 {
		add("alpn", f.ALPN.Value(i))
	}
	if len(when.JA4) > 0 {
		add("ja4", f.JA4.Value(i))
	}
	if len(when.Sensor) > 0 || src.From == "sensor" {
		add("sensor_label", schemas.DictString(f.SensorLabel, i))
	}
	if when.SensorConfidence != nil {
		add("sensor_confidence", strconv.Itoa(int(f.SensorConfidence[i])))
	}
	if when.ServerType != nil {
		add("server_type", enrich.ASType(w.matches.Type[i]).String())
	}
	if when.ServerASN != nil {
		add("server_asn", strconv.FormatUint(uint64(w.matches.Network[i]), 10))
	}
	return append(out, w.totals(when, i)...)
}

func (w *worker) totals(when *When, i int) []string {
	f := &w.flows
	var out []string
	add := func(name, value string) { out = append(out, name+"="+value) }
	if when.Answered != nil {
		add("answered", strconv.FormatBool(f.PacketsDown[i] > 0))
	}
	if when.DurationS != nil {
		add("duration_s", "~"+twoDigits(float64(f.End[i]-f.Start[i])/1000))
	}
	if when.BytesUp != nil || when.MeanUp != nil || when.DownUpRatio != nil {
		add("bytes_up", "~"+twoDigits(float64(f.BytesUp[i])))
	}
	if when.BytesDown != nil || when.MeanDown != nil || when.DownUpRatio != nil {
		add("bytes_down", "~"+twoDigits(float64(f.BytesDown[i])))
	}
	if when.PacketsUp != nil || when.MeanUp != nil {
		add("packets_up", "~"+twoDigits(float64(f.PacketsUp[i])))
	}
	if when.PacketsDown != nil || when.MeanDown != nil {
		add("packets_down", "~"+twoDigits(float64(f.PacketsDown[i])))
	}
	return out
}

// twoDigits rounds to two significant digits.
func twoDigits(v float64) string {
	if v <= 0 {
		return "0"
	}
	scale := math.Pow(10, math.Floor(math.Log10(v))-1)
	return strconv.FormatFloat(math.Round(v/scale)*scale, 'f', -1, 64)
}

// sizeText writes the first sizes: exact for UDP, whose handshakes have fixed sizes,
// in steps of 16 bytes otherwise.
func (w *worker) sizeText(i int) string {
	overhead, _ := w.overhead(i)
	var parts []string
	for _, s := range w.sizes(i) {
		if s == 0 {
			break
		}
		n := payload(s, overhead)
		if w.flows.Protocol[i] != protoUDP {
			n = n / 16 * 16
		}
		parts = append(parts, fmt.Sprintf("%+d", n))
	}
	return strings.Join(parts, " ")
}

func protocolName(n uint8) string {
	for name, v := range protocols {
		if v == n {
			return name
		}
	}
	return strconv.Itoa(int(n))
}

// listNotes says of every list that holds the server whether it speaks of the flow's date.
func (w *worker) listNotes(i int) []ListNote {
	if !w.enriched {
		return nil
	}
	addr := w.flows.Server.Value(i)
	entries := slices.Concat(w.c.lists.AddressEntries(w.c.lists.Address(addrOf(addr))), nil)
	if sni := w.flows.SNI.Value(i); sni != "" {
		entries = append(entries, w.c.lists.NameEntries(w.c.lists.Name(sni))...)
	}
	var notes []ListNote
	for _, id := range entries {
		notes = append(notes, w.listNote(id, i))
	}
	return notes
}

func (w *worker) listNote(id uint32, i int) ListNote {
	e := &w.row.entries[id]
	at := int64(w.flows.Start[i])
	m, ok := w.c.lists.Valid(id, at, w.flows.ServerPort[i], w.flows.Protocol[i])
	n := ListNote{
		List: w.c.lists.Info()[e.List].Name, AsOf: day(e.AsOf), ValidFrom: day(e.ValidFrom),
		AgeDays: int(m.AgeDays), Says: saying(e), Applied: ok,
	}
	if e.ValidTo != math.MaxInt64 {
		n.ValidTo = day(e.ValidTo)
	}
	switch {
	case ok:
	case at < e.ValidFrom:
		n.Reason = "the flow is of " + day(at) + ", before the list speaks"
	case at >= e.ValidTo:
		n.Reason = "the flow is of " + day(at) + ", after the list's end"
	default:
		n.Reason = "the entry is for another port or protocol"
	}
	return n
}

func day(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }

func saying(e *enrich.Entry) string {
	parts := []string{e.Kind.String()}
	for _, s := range []string{e.Tool, e.Service} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Exact {
		parts = append(parts, "endpoint")
	} else {
		parts = append(parts, "range")
	}
	return strings.Join(parts, " ")
}

// because says what kept the verdict from being surer or more specific.
func (w *worker) because(v *verdict) string {
	p := w.c.pack
	switch {
	case len(w.scores) == 0:
		return "nothing speaks for any tool"
	case v.merged:
		var rivals []string
		for _, s := range w.scores {
			if v.best.db-s.db < within {
				rivals = append(rivals, p.tools[s.tool].ID)
			}
		}
		slices.Sort(rivals)
		return "not told apart within 6 dB: " + strings.Join(rivals, ", ")
	case v.level == schemas.Unclassified:
		return "the evidence for " + p.tools[v.best.tool].ID + " does not reach even odds"
	case v.best.families&^circumstantial == 0 && !v.best.deterministic && v.best.db >= atLikely:
		return "ports, networks and behaviour alone are never more than possible"
	case v.level == schemas.Likely && v.best.db >= atConfirmed:
		return "not confirmed: one family of evidence, or none of endpoint, handshake sizes and TLS"
	}
	return ""
}

// String reads as an argument: what was concluded, what it rests on, what was weighed
// and not counted, which lists were asked.
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (p = %.3f)", e.Tool, e.Level, e.P)
	if e.Service != "" {
		fmt.Fprintf(&b, ", service %s", e.Service)
	}
	b.WriteString(".\n")
	if e.Because != "" {
		fmt.Fprintf(&b, "  %s.\n", upperFirst(e.Because))
	}
	for _, c := range e.Candidates {
		fmt.Fprintf(&b, "  For %s: prior %+.1f dB and evidence %+.1f dB make %+.1f dB, p = %.3f", c.Tool, c.PriorDB, c.DB-c.PriorDB, c.DB, c.P)
		if len(c.Families) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(c.Families, ", "))
		}
		b.WriteString(".\n")
	}
	for _, l := range e.Ledger {
		l.write(&b)
	}
	for _, n := range e.ListNotes {
		n.write(&b)
	}
	fmt.Fprintf(&b, "  Pack %s", e.Pack)
	if e.Lists != "" {
		fmt.Fprintf(&b, "; lists %s", e.Lists)
	}
	b.WriteString(".\n")
	return b.String()
}

func (l Line) write(b *strings.Builder) {
	about := l.Tool
	if about == "" {
		about = l.Service
	}
	verb := "speaks for"
	if l.DB < 0 {
		verb = "speaks against"
	}
	fmt.Fprintf(b, "    %+5.1f dB  %s %s %s [%s]", l.DB, l.Rule, verb, about, l.Family)
	if len(l.Values) > 0 {
		fmt.Fprintf(b, ": %s", strings.Join(l.Values, ", "))
	}
	if l.List != "" {
		fmt.Fprintf(b, ", on list %s", l.List)
	}
	if !l.Counted {
		b.WriteString("; not counted, a stronger rule of the family is")
	}
	b.WriteString(".\n")
	if l.Doc != "" {
		fmt.Fprintf(b, "             %s.", strings.TrimSuffix(upperFirst(l.Doc), "."))
		fmt.Fprintf(b, " (%s)\n", l.Source)
	}
}

func (n ListNote) write(b *strings.Builder) {
	fmt.Fprintf(b, "  List %s, state of %s, holds the server (%s)", n.List, n.AsOf, n.Says)
	if n.Applied {
		fmt.Fprintf(b, ", %d days old at the flow.\n", n.AgeDays)
		return
	}
	fmt.Fprintf(b, "; not applied: %s.\n", n.Reason)
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func addrOf(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b)).Unmap() }
