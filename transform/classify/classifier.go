package classify

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/enrich/domain"
	"github.com/banshift/banshift/transform/flowcontext"
)

// Options are what a classifier needs in addition to its pack.
type Options struct {
	// Lists are those that the batches were enriched with; nil: none.
	Lists *enrich.Lists
	// PriorDB replaces the pack's prior, in decibans; 0 keeps it.
	PriorDB float64
	// NetworkPriorDB replaces the prior for clients of a network (AS number), in decibans.
	NetworkPriorDB map[uint32]float64
	// Memory is where the appended columns live; nil: the Go heap.
	Memory memory.Allocator
}

// Classifier is the stage. It is safe for concurrent use.
type Classifier struct {
	pack   *Pack
	lists  *enrich.Lists
	mem    memory.Allocator
	prior  int32
	asns   []uint32 // networks with a prior of their own, sorted
	priors []int32

	services    []string // of the pack, then those that only lists name
	entryTool   []int16  // by list entry, -1: none
	entrySvc    []int16
	toolDict    arrow.Array // tools, then "none"
	serviceDict arrow.Array // services, then ""
	catDict     arrow.Array
	toolCat     []int32 // index into catDict by tool, none last

	labels  sync.Map // sensor label -> *sensorLabel
	nLabels int
	mu      sync.Mutex
	workers sync.Pool
}

// New prepares a classifier. It fails where a list names a tool that the pack lacks:
// its matches would be lost without a word.
func New(p *Pack, opts Options) (*Classifier, error) {
	c := &Classifier{pack: p, lists: opts.Lists, mem: opts.Memory, prior: p.prior}
	if c.mem == nil {
		c.mem = memory.DefaultAllocator
	}
	if opts.PriorDB != 0 {
		c.prior = tenths(opts.PriorDB)
	}
	if c.lists == nil {
		empty, err := enrich.New(enrich.Config{NoBuiltin: true})
		if err != nil {
			return nil, err
		}
		c.lists = empty.Lists()
	}
	for asn := range opts.NetworkPriorDB {
		c.asns = append(c.asns, asn)
	}
	slices.Sort(c.asns)
	for _, asn := range c.asns {
		c.priors = append(c.priors, tenths(opts.NetworkPriorDB[asn]))
	}
	if err := c.bindLists(); err != nil {
		return nil, err
	}
	c.dictionaries()
	c.workers.New = func() any { return newWorker(c) }
	return c, nil
}

// bindLists numbers the tools and services of list entries.
func (c *Classifier) bindLists() error {
	for _, s := range c.pack.services {
		c.services = append(c.services, s.ID)
	}
	extra := make(map[string]int16)
	for _, e := range c.lists.Entries() {
		tool, service := int16(-1), int16(-1)
		if name := toolOf(&e); name != "" {
			id, ok := c.pack.toolID[name]
			if !ok {
				return fmt.Errorf("classify: list %s names tool %q, which pack %s lacks", c.lists.Info()[e.List].Name, name, c.pack.Version())
			}
			tool = id
		}
		if e.Service != "" {
			id, ok := c.pack.svcID[e.Service]
			if !ok {
				if id, ok = extra[e.Service]; !ok {
					id = int16(len(c.services))
					extra[e.Service] = id
					c.services = append(c.services, e.Service)
				}
			}
			service = id
		}
		c.entryTool, c.entrySvc = append(c.entryTool, tool), append(c.entrySvc, service)
	}
	return nil
}

// toolOf is the tool or class that an entry speaks for: its own, else its kind's. The
// word "none" says that the service is used without a tool.
func toolOf(e *enrich.Entry) string {
	if e.Tool == none {
		return ""
	}
	if e.Tool != "" {
		return e.Tool
	}
	switch e.Kind {
	case enrich.KindVPN:
		return "vpn"
	case enrich.KindTor:
		return "tor"
	case enrich.KindDoH:
		return "doh"
	}
	return ""
}

const none = "none"

func (c *Classifier) dictionaries() {
	build := func(values []string) arrow.Array {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.AppendValues(values, nil)
		return b.NewArray()
	}
	var tools, categories []string
	for _, t := range c.pack.tools {
		at := slices.Index(categories, t.Category)
		if at < 0 {
			at = len(categories)
			categories = append(categories, t.Category)
		}
		tools = append(tools, t.ID)
		c.toolCat = append(c.toolCat, int32(at))
	}
	at := slices.Index(categories, none)
	if at < 0 {
		at = len(categories)
		categories = append(categories, none)
	}
	c.toolCat = append(c.toolCat, int32(at))
	c.toolDict, c.catDict = build(append(tools, none)), build(categories)
	c.serviceDict = build(append(slices.Clone(c.services), ""))
}

// Pack is the pack that the classifier runs.
func (c *Classifier) Pack() *Pack { return c.pack }

// Apply appends [schemas.VerdictSchema] to a flow batch and writes the versions of
// pack and lists into its metadata. The batch may be enriched (package enrich) with
// the lists given to [New]. The caller releases both records.
func (c *Classifier) Apply(ctx context.Context, rec arrow.Record) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := c.workers.Get().(*worker)
	defer c.workers.Put(w)
	defer w.forget()
	if err := w.open(rec); err != nil {
		return nil, fmt.Errorf("classify: %w", err)
	}
	out := newOutput(c, w.flows.Len)
	for i := range w.flows.Len {
		if w.fire(i) {
			v := w.decide()
			out.set(c, i, &v, w.evidence())
			w.clear()
		}
	}
	return out.record(c, rec, &w.batch), nil
}

// worker holds the scratch space of one batch at a time.
type worker struct {
	c *Classifier
	batch
	row             row
	tools           []account
	services        []account
	touched         []int16
	touchedServices []int16
	hits            []hit
	fired           []uint16
	names           domain.Recent
	scores          []score
}

func newWorker(c *Classifier) *worker {
	return &worker{c: c, tools: make([]account, len(c.pack.tools)), services: make([]account, len(c.services))}
}

var errOtherLists = errors.New("batch was enriched with other lists than the classifier has")

// open points the worker at a batch.
func (w *worker) open(rec arrow.Record) error {
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return err
	}
	w.flows = flows
	w.matches, w.enriched = enrich.MatchesOf(rec)
	if w.enriched {
		meta := rec.Schema().Metadata()
		if i := meta.FindKey(schemas.MetaLists); i >= 0 && meta.Values()[i] != w.c.lists.Version() {
			return errOtherLists
		}
	}
	w.context, _ = flowcontext.Of(rec)
	w.server = nil
	if flows.Len > 0 {
		data := flows.Server.Data()
		w.server = data.Buffers()[1].Bytes()[data.Offset()*16 : (data.Offset()+flows.Len)*16]
	}
	w.sensors = w.sensors[:0]
	dict := flows.SensorLabel.Dictionary().(*array.String)
	for k := range dict.Len() {
		w.sensors = append(w.sensors, w.c.label(dict.Value(k)))
	}
	w.sensor = flows.SensorLabel.Indices().(*array.Int32).Int32Values()
	w.row = row{batch: &w.batch, entries: w.c.lists.Entries(), names: w.c.pack.names.IDs,
		listed: w.row.listed[:0], named: w.row.named[:0]}
	return nil
}

// forget drops the batch's memory.
func (w *worker) forget() { w.batch = batch{sensors: w.sensors[:0]} }

// maxLabels bounds the cache of labels against sensors that invent them.
const maxLabels = 4096

func (c *Classifier) label(text string) *sensorLabel {
	if l, ok := c.labels.Load(text); ok {
		return l.(*sensorLabel)
	}
	l := c.pack.plan.label(text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nLabels < maxLabels {
		c.nLabels++
		c.labels.Store(text, l)
	}
	return l
}

// fire runs the rules whose anchors speak for row i; it reports whether any fired.
func (w *worker) fire(i int) bool {
	pl := &w.c.pack.plan
	r := &w.row
	r.i, r.nameSet = i, 0
	r.listed, r.named = r.listed[:0], r.named[:0]

	protocol := w.flows.Protocol[i]
	switch protocol {
	case protoTCP:
		w.runAll(pl.server.buckets[pl.server.bucket[0][w.flows.ServerPort[i]]])
		w.runAll(pl.client.buckets[pl.client.bucket[0][w.flows.ClientPort[i]]])
	case protoUDP:
		w.runAll(pl.server.buckets[pl.server.bucket[1][w.flows.ServerPort[i]]])
		w.runAll(pl.client.buckets[pl.client.bucket[1][w.flows.ClientPort[i]]])
	default:
		w.runAll(pl.protocol[protocol])
	}
	w.fireSensor(i)
	w.fireNames(i)
	w.fireLists(i)
	w.fireTLS(i)
	w.fireSizes(i)
	for word, low := range [...]uint64{w.flows.Signatures[i] & pl.seen[0], w.flows.SignaturesHigh[i] & pl.seen[1]} {
		for set := low; set != 0; set &= set - 1 {
			w.runAll(pl.of[64*word+bits.TrailingZeros64(set)])
		}
	}
	for set := uint32(w.flows.TraitsAt(i) & pl.traits); set != 0; set &= set - 1 {
		w.runAll(pl.trait[bits.TrailingZeros32(set)])
	}
	if w.context != nil {
		for set := w.context[i] & pl.context; set != 0; set &= set - 1 {
			w.runAll(pl.neighbour[bits.TrailingZeros32(set)])
		}
	}
	if len(w.touched) > 0 {
		w.runSupporting()
	}
	return len(w.hits) > 0
}

func (w *worker) fireSensor(i int) {
	if l := w.batch.label(i); l != nil && len(l.rules) > 0 {
		w.runAll(l.rules)
	}
}

func (w *worker) fireNames(i int) {
	if w.flows.SNI.ValueLen(i) == 0 {
		return
	}
	p := w.c.pack
	set := p.names.LookupRecent(w.flows.SNI.Value(i), &w.names)
	if set == 0 {
		return
	}
	w.row.nameSet = set
	for _, g := range p.names.IDs(set) {
		w.runAll(p.groups[g].rules)
		if p.interest[g] >= 0 {
			w.runAll(p.plan.names)
		}
	}
}

func (w *worker) fireLists(i int) {
	if !w.enriched {
		return
	}
	f, m := &w.flows, &w.matches
	at, port, protocol := int64(f.Start[i]), f.ServerPort[i], f.Protocol[i]
	if set := m.AddressMatch[i]; set != 0 {
		w.row.listed = w.c.lists.AppendValid(w.row.listed, w.c.lists.AddressEntries(set), at, port, protocol)
		w.runAll(w.c.pack.plan.listAddr)
	}
	if set := m.NameMatch[i]; set != 0 {
		w.row.named = w.c.lists.AppendValid(w.row.named, w.c.lists.NameEntries(set), at, port, protocol)
		w.runAll(w.c.pack.plan.listName)
	}
	if asn := m.Network[i]; asn != 0 {
		w.runAll(w.c.pack.plan.asn.find(asn))
	}
}

func (w *worker) fireTLS(i int) {
	pl := &w.c.pack.plan
	if len(pl.ja4) > 0 && w.flows.JA4.ValueLen(i) > 0 {
		ja4 := w.flows.JA4.Value(i)
		for k := range pl.ja4 {
			if pl.ja4[k].text == ja4 {
				w.runAll(pl.ja4[k].rules)
			}
		}
	}
	if len(pl.alpn) > 0 && w.flows.ALPN.ValueLen(i) > 0 {
		alpn := w.flows.ALPN.Value(i)
		for k := range pl.alpn {
			// The rule itself asks exactly; this only spares most flows its evaluation.
			if strings.Contains(alpn, pl.alpn[k].text) {
				w.runAll(pl.alpn[k].rules)
			}
		}
	}
}

func (w *worker) fireSizes(i int) {
	pl := &w.c.pack.plan
	if w.flows.FirstSizes[i*schemas.MaxFirstSizes] == 0 {
		return
	}
	if pl.firstUp.any {
		if n, ok := w.first(i, true); ok && n >= 0 && n < maxSize {
			w.runAll(pl.firstUp.buckets[pl.firstUp.bucket[n]])
		}
	}
	if pl.firstDn.any {
		if n, ok := w.first(i, false); ok && n >= 0 && n < maxSize {
			w.runAll(pl.firstDn.buckets[pl.firstDn.bucket[n]])
		}
	}
}

func (w *worker) runAll(rules []uint16) {
	for _, i := range rules {
		w.run(i)
	}
}

// run evaluates one rule on the current row and books what it says.
func (w *worker) run(i uint16) {
	r := &w.c.pack.rules[i]
	for _, holds := range r.when {
		if !holds(&w.row) {
			return
		}
	}
	if r.list != nil {
		w.runListed(i, r)
		return
	}
	switch r.subject {
	case subjectFixed:
		w.book(i, r, r.tool, r.service, -1)
	case subjectNames:
		for _, g := range w.c.pack.names.IDs(w.row.nameSet) {
			if s := w.c.pack.interest[g]; s >= 0 {
				w.book(i, r, -1, s, -1)
			}
		}
	case subjectSensor:
		if l := w.batch.label(w.row.i); l != nil {
			for _, s := range l.services {
				w.book(i, r, -1, s, -1)
			}
		}
	}
}

func (w *worker) runListed(i uint16, r *rule) {
	matches := w.row.listed
	if r.listName {
		matches = w.row.named
	}
	for _, m := range matches {
		if !r.list(m, &w.row.entries[m.Entry]) {
			continue
		}
		tool, service := r.tool, r.service
		if r.subject == subjectList {
			tool, service = w.c.entryTool[m.Entry], w.c.entrySvc[m.Entry]
		}
		w.book(i, r, tool, service, int32(m.Entry))
	}
}

// book adds what a rule says to the accounts. A rule may fire through several anchors
// of one flow; that counts once, because an account keeps only the strongest of a family.
func (w *worker) book(i uint16, r *rule, tool, service int16, entry int32) {
	if tool < 0 && service < 0 {
		return
	}
	w.hits = append(w.hits, hit{i, tool, service, entry})
	if tool >= 0 {
		a := &w.tools[tool]
		if !a.touched {
			a.touched = true
			w.touched = append(w.touched, tool)
		}
		a.add(r)
	}
	if service >= 0 {
		a := &w.services[service]
		if !a.touched {
			a.touched = true
			w.touchedServices = append(w.touchedServices, service)
		}
		a.add(r)
	}
}

// runSupporting runs the rules that speak only together with others: for a
// tool that is spoken for, or for a class that has one.
func (w *worker) runSupporting() {
	n := len(w.touched)
	for _, i := range w.c.pack.plan.support {
		if r := &w.c.pack.rules[i]; r.tool < 0 || w.spokenFor(r.tool, w.touched[:n]) {
			w.run(i)
		}
	}
}

func (w *worker) spokenFor(tool int16, touched []int16) bool {
	for _, t := range touched {
		if w.tools[t].own && (t == tool || slices.Contains(w.c.pack.ancestry[t], tool)) {
			return true
		}
	}
	return false
}

// priorDB is the prior of a tool for the current row, in tenths of a deciban.
func (w *worker) priorDB(tool int16) int32 {
	if p := w.c.pack.tools[tool].PriorDB; p != nil {
		return tenths(*p)
	}
	if len(w.c.asns) > 0 {
		if k, ok := slices.BinarySearch(w.c.asns, w.flows.ClientASN[w.row.i]); ok {
			return w.c.priors[k]
		}
	}
	return w.c.prior
}

// evidence gives the indexes of the rules that fired, ascending, each once.
func (w *worker) evidence() []uint16 {
	w.fired = w.fired[:0]
	for _, h := range w.hits {
		w.fired = append(w.fired, h.rule)
	}
	slices.Sort(w.fired)
	w.fired = slices.Compact(w.fired)
	return w.fired
}

// clear empties the accounts for the next row.
func (w *worker) clear() {
	for _, t := range w.touched {
		w.tools[t] = account{}
	}
	for _, s := range w.touchedServices {
		w.services[s] = account{}
	}
	w.touched, w.touchedServices, w.hits = w.touched[:0], w.touchedServices[:0], w.hits[:0]
}
