package classify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"golang.org/x/sync/errgroup"
	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
)

// world is a random set of lists with the flows that meet them.
type world struct {
	rng        *rand.Rand
	pack       *Pack
	statements []enrich.Statement
	lists      *enrich.Lists
	ports      []int32
	sizes      []int
	names      []string
	labels     []string
	ja4s       []string
	asns       []uint32
}

func newWorld(t testing.TB, p *Pack, seed uint64) *world {
	t.Helper()
	w := &world{rng: rand.New(rand.NewPCG(seed, 7)), pack: p}
	w.vocabulary()
	asOf := exampleDay.UnixMilli()
	for range 60 {
		e := enrich.Entry{
			Kind: enrich.Kind(1 + w.rng.IntN(6)), Exact: w.rng.IntN(2) == 0, Share: float32(w.rng.IntN(5)) / 8,
			ValidFrom: asOf - int64(w.rng.IntN(400))*24*3600*1000, ValidTo: math.MaxInt64,
		}
		e.AsOf = e.ValidFrom
		if w.rng.IntN(3) == 0 {
			e.Tool = pick(w.rng, []string{"vpn", "tor", "telegram", "warp", "openvpn"})
		}
		if w.rng.IntN(2) == 0 {
			e.Service = pick(w.rng, []string{"mullvad", "warp", "telegram", "unheard-of"})
		}
		if w.rng.IntN(2) == 0 {
			e.Port = uint16(pick(w.rng, []int32{443, 1194, 9001}))
		}
		s := enrich.Statement{Entry: e}
		if w.rng.IntN(3) == 0 {
			s.Name, s.ExactName = pick(w.rng, w.names), w.rng.IntN(2) == 0
		} else {
			addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(w.rng.IntN(16))})
			s.Prefix = netip.PrefixFrom(addr, 24+w.rng.IntN(9)).Masked()
		}
		w.statements = append(w.statements, s)
	}
	var err error
	if w.lists, err = enrich.ListsOf([]enrich.ListInfo{{Name: "random"}}, w.statements); err != nil {
		t.Fatal(err)
	}
	return w
}

// vocabulary gathers the values that rules ask for, so that random flows meet them.
func (w *world) vocabulary() {
	w.ports, w.sizes = []int32{443, 80, 40000}, []int{0, 28, 100, 500}
	w.names, w.labels, w.ja4s, w.asns = []string{"www.example.org"}, []string{"", "zeek:ssl"}, []string{""}, []uint32{0, 1}
	for _, r := range w.pack.source {
		for _, p := range slices.Concat(r.When.ServerPort, r.When.ClientPort, r.When.AnyPort) {
			w.ports = append(w.ports, p.Min)
		}
		for _, s := range slices.Concat(r.When.FirstUp, r.When.FirstDown) {
			w.sizes = append(w.sizes, int(s.Min), int(s.Min)+28, int(s.Min)+48)
		}
		for _, e := range r.Examples.Match {
			w.names = append(w.names, strings.ToUpper(e.SNI), "x"+e.SNI, "x."+e.SNI)
			w.labels = append(w.labels, e.Sensor, e.Sensor)
		}
		w.ja4s = append(w.ja4s, r.When.JA4...)
		w.asns = append(w.asns, r.When.ServerASN...)
	}
	w.names = slices.DeleteFunc(w.names, func(s string) bool { return len(s) < 3 })
	slices.Sort(w.names)
	w.names = slices.Compact(w.names)
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// seenBits are what a flow shows.
type seenBits struct {
	signatures schemas.SignatureSet
	traits     schemas.Traits
}

// flow makes one random flow and the server it goes to.
func (w *world) flow() (slowFlow, netip.Addr, seenBits) {
	rng := w.rng
	f := slowFlow{
		proto:  pick(rng, []uint8{6, 6, 17, 17, 17, 1, 47, 50, 51, 115}),
		client: uint16(pick(rng, w.ports)), server: uint16(pick(rng, w.ports)),
		lengths: pick(rng, []string{"l4_payload", "l4_payload", "ip_total", "unknown"}),
		sizes:   make([]int, schemas.MaxFirstSizes),
		start:   exampleDay.UnixMilli(), confidence: pick(rng, []int{0, 0, 50, 100}),
		asn: pick(rng, w.asns), asType: pick(rng, []string{"", "hosting", "eyeball"}),
	}
	server := netip.AddrFrom4([4]byte{192, 0, 2, byte(rng.IntN(32))})
	if f.v6 = rng.IntN(4) == 0; f.v6 {
		server = netip.MustParseAddr("2001:db8::1")
	}
	if rng.IntN(6) == 0 {
		f.client = f.server
	}
	f.end = f.start + int64(pick(rng, []int{0, 10, 5000, 700000}))
	for k := range 2 {
		f.up[k], f.down[k] = pick(rng, []uint64{0, 1, 2, 90, 200000, 2000000}), pick(rng, []uint64{0, 1, 90, 200000, 2000000})
	}
	for k := range rng.IntN(schemas.MaxFirstSizes + 1) {
		f.sizes[k] = pick(rng, w.sizes)
		if k%2 == 1 {
			f.sizes[k] = -f.sizes[k]
		}
	}
	if rng.IntN(3) == 0 {
		f.sni = pick(rng, w.names)
	}
	if rng.IntN(4) == 0 {
		f.sensor = pick(rng, w.labels)
	}
	if rng.IntN(6) == 0 {
		f.ja4 = pick(rng, w.ja4s)
	}
	f.alpn = pick(rng, []string{"", "", "h2,http/1.1", "dot", "h3"})
	var bits seenBits
	vocabulary := slices.Concat(schemas.SignatureNames(), schemas.TraitNames(), schemas.TraitNames())
	for range rng.IntN(5) {
		name := pick(rng, vocabulary)
		if slices.Contains(f.bits, name) {
			continue
		}
		f.bits = append(f.bits, name)
		if m, ok := schemas.ParseSignature(name); ok {
			bits.signatures = bits.signatures.With(schemas.SignaturesOf(m))
		}
		trait, _ := schemas.ParseTrait(name)
		bits.traits |= trait
	}
	w.match(&f, server)
	return f, server, bits
}

// match says, by looking at every statement, which lists speak of the flow.
func (w *world) match(f *slowFlow, server netip.Addr) {
	seen := map[enrich.Entry]bool{}
	for _, s := range w.statements {
		e := s.Entry
		byName := !s.Prefix.IsValid()
		var suffix, exact []string
		if s.ExactName {
			exact = []string{strings.ToLower(s.Name)}
		} else {
			suffix = []string{strings.ToLower(s.Name)}
		}
		on := !byName && s.Prefix.Contains(server) || byName && f.sni != "" && slowNameIn(f.sni, suffix, exact)
		if !on || e.ValidFrom > f.start || e.Port != 0 && e.Port != f.server {
			continue
		}
		m := slowMatch{kind: e.Kind.String(), tool: e.Tool, service: e.Service, exact: e.Exact, name: byName, port: e.Port, share: float64(e.Share)}
		m.age = int((f.start - e.AsOf) / (24 * 3600 * 1000))
		if !seen[e] || byName {
			f.matches = append(f.matches, m)
		}
		seen[e] = true
	}
}

// record makes an enriched batch of flows.
func (w *world) record(mem memory.Allocator, flows []slowFlow, servers []netip.Addr, bits []seenBits) arrow.Record {
	b := schemas.NewFlowBuilder(mem, len(flows))
	defer b.Release()
	m := enrich.Matches{}
	for i, f := range flows {
		b.Start.Append(f.start)
		b.End.Append(f.end)
		b.Client.Append(uint64(i))
		b.ClientPort.Append(f.client)
		b.ClientCountry.AppendString("")
		b.ClientASN.Append(f.clientASN)
		b.Server.Append(servers[i].As16())
		b.ServerPort.Append(f.server)
		b.Protocol.Append(f.proto)
		b.BytesUp.Append(f.up[0])
		b.PacketsUp.Append(f.up[1])
		b.BytesDown.Append(f.down[0])
		b.PacketsDown.Append(f.down[1])
		b.TCPFlags.Append(0)
		b.SamplingRate.Append(1)
		b.SNI.AppendString(f.sni)
		b.ALPN.AppendString(f.alpn)
		b.JA4.AppendString(f.ja4)
		var sizes [schemas.MaxFirstSizes]int16
		for k := range sizes {
			sizes[k] = int16(f.sizes[k])
		}
		b.FirstSizes.Append(sizes)
		b.LenSemantics.Append(map[string]uint8{"unknown": 0, "l4_payload": 1, "ip_total": 2}[f.lengths])
		b.AppendSeen(i, bits[i].signatures, bits[i].traits)
		b.SensorLabel.AppendString(f.sensor)
		b.SensorConfidence.Append(uint8(f.confidence))
		b.Exporter.AppendString("")
		b.Source.AppendString("")
		b.Partition.Append(0)
		b.Offset.Append(int64(i))
		b.Orientation.Append(0)
		b.Records.Append(1)
		b.Simulated.Append(false)
		kind, _ := enrich.ParseASType(f.asType)
		m.Network = append(m.Network, f.asn)
		m.Country = append(m.Country, 0)
		m.Type = append(m.Type, uint8(kind))
		m.AddressMatch = append(m.AddressMatch, w.lists.Address(servers[i]))
		m.NameMatch = append(m.NameMatch, w.lists.Name(f.sni))
	}
	rec := b.Record()
	defer rec.Release()
	return enrich.Attach(mem, rec, w.lists, m)
}

func (w *world) flows(n int) (flows []slowFlow, servers []netip.Addr, bits []seenBits) {
	for range n {
		f, s, b := w.flow()
		flows, servers, bits = append(flows, f), append(servers, s), append(bits, b)
	}
	return flows, servers, bits
}

// result reads a classified batch.
type result struct {
	tool, service string
	p             float64
	level         schemas.Level
	rules         []int
}

func results(rec arrow.Record) []result {
	first := int(rec.NumCols()) - schemas.NumVerdictColumns
	evidence := rec.Column(first + 6).(*array.List)
	rules := evidence.ListValues().(*array.Uint16)
	out := make([]result, rec.NumRows())
	for i := range out {
		out[i] = result{
			tool:    schemas.DictString(rec.Column(first+1).(*array.Dictionary), i),
			service: schemas.DictString(rec.Column(first+2).(*array.Dictionary), i),
			p:       float64(rec.Column(first + 4).(*array.Float32).Value(i)),
			level:   schemas.Level(rec.Column(first + 5).(*array.Uint8).Value(i)),
		}
		from, to := evidence.ValueOffsets(i)
		for k := from; k < to; k++ {
			out[i].rules = append(out[i].rules, int(rules.Value(int(k))))
		}
	}
	return out
}

func nameSets(t testing.TB) map[string]NameSet {
	t.Helper()
	sets := map[string]NameSet{}
	for _, name := range []string{"30-names.yaml"} {
		data, err := readBuiltin(name)
		if err != nil {
			t.Fatal(err)
		}
		var f file
		if err := yaml.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		for _, s := range f.NameSets {
			sets[s.ID] = s
		}
	}
	return sets
}

func TestEngineAgreesWithSlowInterpreter(t *testing.T) {
	p, sets := loadDefault(t), nameSets(t)
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	levels, fired := map[schemas.Level]int{}, map[int]int{}
	for seed := range uint64(8) {
		w := newWorld(t, p, seed)
		c, err := New(p, Options{Lists: w.lists, Memory: mem})
		if err != nil {
			t.Fatal(err)
		}
		flows, servers, bits := w.flows(1500)
		rec := w.record(mem, flows, servers, bits)
		out, err := c.Apply(context.Background(), rec)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range results(out) {
			want := slowClassify(p, sets, &flows[i])
			levels[want.level]++
			for _, r := range want.rules {
				fired[r]++
			}
			if got.tool != want.tool || got.service != want.service || got.level != want.level ||
				math.Abs(got.p-want.p) > 1e-6 || !slices.Equal(got.rules, want.rules) {
				e, _ := c.Explain(out, i)
				t.Fatalf("seed %d row %d: %+v, want %+v\n%+v\n%s", seed, i, got, want, flows[i], e)
			}
		}
		out.Release()
		rec.Release()
	}
	t.Logf("verdicts %v; %d of %d rules fired", levels, len(fired), p.NumRules())
	if len(fired) < p.NumRules()*3/4 || len(levels) < 4 {
		t.Errorf("random flows reach too little: %d of %d rules, levels %v", len(fired), p.NumRules(), levels)
	}
}

func TestVerdictsDoNotDependOnBatches(t *testing.T) {
	p := loadDefault(t)
	w := newWorld(t, p, 99)
	c, err := New(p, Options{Lists: w.lists})
	if err != nil {
		t.Fatal(err)
	}
	const n = 65536
	flows, servers, bits := w.flows(2000)
	index := make([]int, n) // the same flows over and over
	all := struct {
		f []slowFlow
		s []netip.Addr
		b []seenBits
	}{}
	for i := range index {
		index[i] = i % len(flows)
		all.f, all.s, all.b = append(all.f, flows[index[i]]), append(all.s, servers[index[i]]), append(all.b, bits[index[i]])
	}
	whole := w.record(memory.DefaultAllocator, all.f, all.s, all.b)
	defer whole.Release()
	classified := func(rec arrow.Record) []result {
		out, err := c.Apply(context.Background(), rec)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		return results(out)
	}
	want := classified(whole)
	for _, size := range []int64{1, 7, 1000, 4096, 65535} {
		// Slices of one record have offsets, which a reader of raw buffers easily forgets.
		limit := int64(n)
		if size == 1 {
			limit = 2000
		}
		for at := int64(0); at < limit; at += size {
			part := whole.NewSlice(at, min(at+size, n))
			for i, got := range classified(part) {
				if x := want[int(at)+i]; got.tool != x.tool || got.p != x.p || got.level != x.level || got.service != x.service || !slices.Equal(got.rules, x.rules) {
					t.Fatalf("batch size %d, row %d: %+v, want %+v", size, int(at)+i, got, x)
				}
			}
			part.Release()
		}
	}
	order := rand.New(rand.NewPCG(5, 5)).Perm(len(flows))
	var sf []slowFlow
	var ss []netip.Addr
	var sb []seenBits
	for _, i := range order {
		sf, ss, sb = append(sf, flows[i]), append(ss, servers[i]), append(sb, bits[i])
	}
	shuffled := w.record(memory.DefaultAllocator, sf, ss, sb)
	defer shuffled.Release()
	for k, got := range classified(shuffled) {
		if x := want[order[k]]; got.tool != x.tool || got.p != x.p || !slices.Equal(got.rules, x.rules) {
			t.Fatalf("shuffled row %d: %+v, want %+v", k, got, x)
		}
	}
}

func TestStagesAreSafeForConcurrentUse(t *testing.T) {
	e, err := enrich.New(enrich.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(loadDefault(t), Options{Lists: e.Lists()})
	if err != nil {
		t.Fatal(err)
	}
	rec := ordinary(3000)
	defer rec.Release()
	run := func() ([]result, error) {
		enriched, err := e.Apply(context.Background(), rec)
		if err != nil {
			return nil, err
		}
		defer enriched.Release()
		out, err := c.Apply(context.Background(), enriched)
		if err != nil {
			return nil, err
		}
		defer out.Release()
		return results(out), nil
	}
	want, err := run()
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			for range 5 {
				got, err := run()
				if err != nil {
					return err
				}
				for i := range got {
					if got[i].tool != want[i].tool || got[i].p != want[i].p {
						return fmt.Errorf("row %d: %+v, want %+v", i, got[i], want[i])
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestExplanationReplaysByteForByte(t *testing.T) {
	w := newWorld(t, loadDefault(t), 3)
	flows, servers, bits := w.flows(300)
	rec := w.record(memory.DefaultAllocator, flows, servers, bits)
	defer rec.Release()
	explain := func() []byte {
		p := loadDefault(t)
		c, err := New(p, Options{Lists: w.lists})
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.Apply(context.Background(), rec)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		var b bytes.Buffer
		verdicts := results(out)
		for i := range flows {
			e, err := c.Explain(out, i)
			if err != nil {
				t.Fatal(err)
			}
			if e.Tool != verdicts[i].tool || e.Level != verdicts[i].level.String() || e.Service != verdicts[i].service {
				t.Fatalf("row %d: explanation says %s %s, verdict %+v", i, e.Tool, e.Level, verdicts[i])
			}
			var rules []int
			for _, l := range e.Ledger {
				rules = append(rules, int(p.ruleID[l.Rule]))
			}
			if rules = slices.Compact(rules); !slices.Equal(rules, verdicts[i].rules) {
				t.Fatalf("row %d: ledger %v, evidence %v", i, rules, verdicts[i].rules)
			}
			j, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(j)
			b.WriteString(e.String())
		}
		return b.Bytes()
	}
	if !bytes.Equal(explain(), explain()) {
		t.Error("two runs explain differently")
	}
}

func TestMetadataNamesPackAndLists(t *testing.T) {
	w := newWorld(t, loadDefault(t), 1)
	c, err := New(w.pack, Options{Lists: w.lists})
	if err != nil {
		t.Fatal(err)
	}
	flows, servers, bits := w.flows(3)
	rec := w.record(memory.DefaultAllocator, flows, servers, bits)
	defer rec.Release()
	out, err := c.Apply(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	meta := out.Schema().Metadata()
	for key, want := range map[string]string{schemas.MetaPack: w.pack.Version(), schemas.MetaLists: w.lists.Version()} {
		if i := meta.FindKey(key); i < 0 || meta.Values()[i] != want {
			t.Errorf("metadata %s: want %s in %v", key, want, meta)
		}
	}
	fields := out.Schema().Fields()
	for i, f := range schemas.VerdictSchema.Fields() {
		got := fields[len(fields)-schemas.NumVerdictColumns+i]
		if got.Name != f.Name || !arrow.TypeEqual(got.Type, f.Type) {
			t.Errorf("column %d is %s %s, want %s %s", i, got.Name, got.Type, f.Name, f.Type)
		}
	}
	other, err := New(w.pack, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Apply(context.Background(), rec); err == nil {
		t.Error("a batch enriched with other lists is accepted")
	}
}

// verdictOf classifies one example.
func verdictOf(t *testing.T, p *Pack, ex Example) result {
	t.Helper()
	rec, lists, err := ex.Record(memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	c, err := New(p, Options{Lists: lists})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Apply(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	return results(out)[0]
}

func TestVerdicts(t *testing.T) {
	p := loadDefault(t)
	wg := []string{"wireguard-init", "wireguard-response"}
	relay := &ExampleList{Kind: "tor", Tool: "tor", Exact: true, Port: 9001}
	for _, c := range []struct {
		name  string
		ex    Example
		tool  string
		level schemas.Level
	}{
		{"wireguard on 53", Example{Proto: "udp", ServerPort: 53, Signatures: wg, Sizes: []int16{148, -92}, PacketsUp: 5, PacketsDown: 5}, "wireguard", schemas.Confirmed},
		{"wireguard on 443", Example{Proto: "udp", ServerPort: 443, Signatures: wg, Sizes: []int16{148, -92}, PacketsUp: 5, PacketsDown: 5}, "wireguard", schemas.Confirmed},
		{"wireguard on 5060", Example{Proto: "udp", ServerPort: 5060, Signatures: wg, Sizes: []int16{176, -120}, Lengths: "ip_total", PacketsUp: 5, PacketsDown: 5}, "wireguard", schemas.Confirmed},
		{"wireguard unanswered", Example{Proto: "udp", ServerPort: 53, Signatures: wg[:1], Sizes: []int16{148, 148}, PacketsUp: 2}, "wireguard", schemas.Likely},
		{"wireguard sizes alone", Example{Proto: "udp", ServerPort: 53, Sizes: []int16{148, -92}, PacketsUp: 2, PacketsDown: 2}, "wireguard", schemas.Likely},
		{"port alone: openvpn", Example{Proto: "udp", ServerPort: 1194, PacketsUp: 9, PacketsDown: 9}, "none", schemas.Unclassified},
		{"port alone: wireguard", Example{Proto: "udp", ServerPort: 51820}, "none", schemas.Unclassified},
		{"syn to 1723", Example{Proto: "tcp", ServerPort: 1723, PacketsUp: 1}, "none", schemas.Unclassified},
		{"ike probe", Example{Proto: "udp", ServerPort: 500, Signatures: []string{"ike"}, Traits: []string{"unanswered"}, PacketsUp: 1}, "ipsec", schemas.Possible},
		{"ike", Example{Proto: "udp", ServerPort: 500, Signatures: []string{"ike"}, PacketsUp: 2, PacketsDown: 2}, "ipsec", schemas.Confirmed},
		{"esp", Example{Proto: "esp"}, "ipsec", schemas.Confirmed},
		{"gre alone", Example{Proto: "gre"}, "none", schemas.Unclassified},
		{"tor relay of the day", Example{Proto: "tcp", ServerPort: 9001, List: relay}, "tor", schemas.Likely},
		{"tor relay, tls", Example{Proto: "tcp", ServerPort: 9001, Signatures: []string{"tls", "tor-tls"}, List: relay}, "tor", schemas.Confirmed},
		{"tor relay by /24", Example{Proto: "tcp", ServerPort: 9001, List: &ExampleList{Kind: "tor", Tool: "tor", Share: 0.004}}, "none", schemas.Unclassified},
		{"provider's fresh endpoint", Example{Proto: "udp", ServerPort: 1194, List: &ExampleList{Kind: "vpn", Service: "mullvad", Exact: true, Port: 1194}}, "openvpn", schemas.Likely},
		{"hosting range on a vpn list", Example{Proto: "tcp", ServerPort: 443, Signatures: []string{"tls"}, List: &ExampleList{Kind: "vpn"}, ServerType: "hosting"}, "none", schemas.Unclassified},
		{"webrtc call on 51820", Example{Proto: "udp", ServerPort: 51820, Signatures: []string{"stun", "dtls", "rtp"}}, "none", schemas.Unclassified},
		{"utp on 1194", Example{Proto: "udp", ServerPort: 1194, Signatures: []string{"bittorrent"}}, "none", schemas.Unclassified},
		{"quic video", Example{Proto: "udp", ServerPort: 443, Signatures: []string{"quic"}, SNI: "rr3.googlevideo.com", ALPN: "h3"}, "none", schemas.Unclassified},
		{"random bytes", Example{Proto: "tcp", ServerPort: 443, Signatures: []string{"fully-encrypted"}}, "fully-encrypted", schemas.Possible},
		{"random bytes on shadowsocks' port", Example{Proto: "tcp", ServerPort: 8388, Signatures: []string{"fully-encrypted"}}, "shadowsocks", schemas.Possible},
		{"random datagrams of wireguard's sizes", Example{Proto: "udp", ServerPort: 51820, Signatures: []string{"fully-encrypted-udp"}, Sizes: []int16{148, -92}}, "none", schemas.Unclassified},
		{"doh", Example{Proto: "tcp", ServerPort: 443, SNI: "dns.google", Signatures: []string{"tls"}}, "doh", schemas.Likely},
		{"https on 853", Example{Proto: "tcp", ServerPort: 853, ALPN: "h2,http/1.1", Signatures: []string{"tls"}}, "none", schemas.Unclassified},
	} {
		got := verdictOf(t, p, c.ex)
		if got.tool != c.tool || got.level != c.level {
			t.Errorf("%s: %s %s (%.3f), want %s %s", c.name, got.tool, got.level, got.p, c.tool, c.level)
		}
	}
}

func TestPortAloneIsNeverMoreThanPossible(t *testing.T) {
	p := loadDefault(t)
	c, err := New(p, Options{PriorDB: -0.1}) // a network where half of all flows are tunnels
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.source {
		if r.Family != "ports_proto" || r.Deterministic {
			continue
		}
		for _, ex := range r.Examples.Match {
			ex.Signatures, ex.List = nil, nil
			rec, _, err := ex.Record(memory.DefaultAllocator)
			if err != nil {
				t.Fatal(err)
			}
			out, err := c.Apply(context.Background(), rec)
			if err != nil {
				t.Fatal(err)
			}
			if got := results(out)[0]; got.level > schemas.Possible {
				t.Errorf("%s: port alone gives %s %s", r.ID, got.tool, got.level)
			}
			out.Release()
			rec.Release()
		}
	}
}

func TestListOf2026IsNotAppliedIn2018(t *testing.T) {
	p := loadDefault(t)
	ex := Example{Proto: "tcp", ServerPort: 9001, List: &ExampleList{Kind: "tor", Tool: "tor", Exact: true, Port: 9001, AgeDays: -2830}}
	rec, lists, err := ex.Record(memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	c, err := New(p, Options{Lists: lists})
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Explain(rec, 0)
	if err != nil {
		t.Fatal(err)
	}
	if e.Tool != "none" || len(e.ListNotes) != 1 || e.ListNotes[0].Applied || !strings.Contains(e.String(), "before the list speaks") {
		t.Errorf("list of the future: %s", e)
	}
}

func TestDifferenceCountsWhatAPackChanges(t *testing.T) {
	before := loadDefault(t)
	after := loadDefault(t)
	after.rules[after.ruleID["wg.init"]].db = 10 // too little to name anything
	ex := Example{Proto: "udp", ServerPort: 53, Signatures: []string{"wireguard-init"}, PacketsUp: 2}
	rec, lists, err := ex.Record(memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	var both [2]*Classifier
	for k, p := range []*Pack{before, after} {
		if both[k], err = New(p, Options{Lists: lists}); err != nil {
			t.Fatal(err)
		}
	}
	var d Difference
	for range 2 {
		if err := d.Add(context.Background(), both[0], both[1], rec); err != nil {
			t.Fatal(err)
		}
	}
	if d.Flows != 2 || len(d.Changed) != 1 || d.Changed[[2]string{"wireguard likely", "none"}] != 2 {
		t.Errorf("%+v", d)
	}
}

func TestTreacherousNames(t *testing.T) {
	p := loadDefault(t)
	for _, name := range treacherousNames(t) {
		got := verdictOf(t, p, Example{Proto: "tcp", ServerPort: 443, SNI: name, ALPN: "h2,http/1.1", Signatures: []string{"tls", "tls-server"}, PacketsUp: 9, PacketsDown: 9})
		if got.tool != "none" || got.service != "" {
			t.Errorf("%s: tool %s, service %s (%s)", name, got.tool, got.service, got.level)
		}
		if service, _, ok := p.Interest([]byte(name)); ok {
			t.Errorf("%s: interest in %s", name, service)
		}
	}
}

func TestInterestAndPublicNames(t *testing.T) {
	p := loadDefault(t)
	for _, c := range []struct{ name, service, category string }{
		{"nordvpn.com", "nordvpn", "vpn"}, {"telegram.org", "telegram", "messenger"}, {"torproject.org", "torproject", "anonymity"}, {"example.org", "", ""},
	} {
		service, category, _ := p.Interest([]byte(c.name))
		if service != c.service || category != c.category {
			t.Errorf("Interest(%s) = %s, %s", c.name, service, category)
		}
	}
	if kept, ok := p.PublicName([]byte("abc123.dns.nextdns.io")); !ok || string(kept) != "dns.nextdns.io" {
		t.Errorf("PublicName = %q, %t", kept, ok)
	}
	if n := testing.AllocsPerRun(100, func() { p.Interest([]byte("nordvpn.com")) }); n > 0 {
		t.Errorf("Interest allocates %v times", n)
	}
}

func TestApplyDoesNotAllocateByRow(t *testing.T) {
	w := newWorld(t, loadDefault(t), 4)
	c, err := New(w.pack, Options{Lists: w.lists})
	if err != nil {
		t.Fatal(err)
	}
	allocations := func(rows int) float64 {
		flows, servers, bits := w.flows(rows)
		rec := w.record(memory.DefaultAllocator, flows, servers, bits)
		defer rec.Release()
		return testing.AllocsPerRun(5, func() {
			out, err := c.Apply(context.Background(), rec)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		})
	}
	// Columns grow a few times where much evidence is found; nothing is allocated by row.
	if few, many := allocations(100), allocations(20000); many > few+30 {
		t.Errorf("%v allocations for 20,000 rows, %v for 100", many, few)
	}
}

func TestBrokenPacksAreRefused(t *testing.T) {
	const head = "name: x\nversion: 1.0.0\nclasses: [{id: vpn, category: vpn, doc: d}]\ntools: [{id: t, parent: vpn, category: vpn, doc: d}]\n"
	const rest = ", src: expert, source: s, examples: {match: [{proto: udp}], no_match: [{proto: tcp}]}}]\n"
	for _, c := range []struct{ name, text, want string }{
		{"no name", "rules: []\n", "name"},
		{"unknown key", head + "colour: red\n", "colour"},
		{"unknown condition", head + "rules: [{id: r, tool: t, family: contra, db: 1, when: {moon: full}" + rest, "moon"},
		{"unknown tool", head + "rules: [{id: r, tool: u, family: contra, db: 1, when: {proto: [udp], server_port: [1]}" + rest, "unknown tool"},
		{"unknown signature", head + "rules: [{id: r, tool: t, family: contra, db: 1, when: {signatures: {all: [xyz]}}" + rest, "unknown signature"},
		{"no anchor", head + "rules: [{id: r, tool: t, family: contra, db: 1, when: {answered: true}" + rest, "every flow"},
		{"too heavy", head + "rules: [{id: r, tool: t, family: contra, db: 35, when: {server_port: [1]}" + rest, "35"},
		{"two subjects", head + "rules: [{id: r, tool: t, service: s, family: contra, db: 3, when: {server_port: [1]}" + rest, "oneOf"},
		{"port", head + "rules: [{id: r, tool: t, family: contra, db: 3, when: {server_port: [70000]}" + rest, "70000"},
		{"circle", "name: x\nversion: 1.0.0\nclasses: [{id: a, parent: b, category: vpn, doc: d}, {id: b, parent: a, category: vpn, doc: d}]\n", "circle"},
		{"not yaml", "name: [", "yaml"},
	} {
		_, err := Load(fstest.MapFS{"p.yaml": {Data: []byte(c.text)}}, "p.yaml")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	const head = "name: x\nversion: 1.0.0\nclasses: [{id: a, category: vpn, doc: d}]\ntools: [{id: t, parent: a, category: vpn, doc: d, ceiling: possible}]\n"
	const tail = ", examples: {match: [{proto: udp, server_port: 443, sizes: [148, -92], sni: www.example.org, sensor: 'zeek:ssl', list: {kind: vpn}}], no_match: [{proto: tcp}]}}]\n"
	for _, rule := range []string{
		"{id: r, tool: t, family: contra, db: 1, src: expert, source: s, when: {sizes: ['-5..5', '*'], server_port: ['1..3']}",
		"{id: r, from: list, family: endpoint, db: 27, src: expert, source: s, when: {list: {kind: [vpn], exact: true, max_age_days: 7}}",
		"{id: r, from: names, family: tls_identity, db: 22, src: expert, source: s, when: {sni: {present: true}}",
		"{id: r, tool: t, family: sensor, db: 20, src: measured, n: 3, source: s, when: {sensor: ['zeek:*'], sensor_confidence: {min: 3}}",
		"{id: r, tool: t, family: signature, db: 30, src: expert, source: s, when: {proto: [udp], signatures: {all: [ike], none: [tls]}}",
		"{id: r, tool: t, family: tls_identity, db: 3, src: expert, source: s, when: {sni: {suffix: [example.org]}, alpn: [h2], ja4: [x]}",
		"{id: r, tool: t, family: behaviour, db: 3, supporting: true, src: expert, source: s, when: {duration_s: {min: 3}, server_type: [hosting]}",
	} {
		f.Add([]byte(head + "services: [{id: s, category: vpn, source: s, names: [example.org], sensor: ['zeek:*']}]\nrules: [" + rule + tail))
	}
	validate, err := newValidator()
	if err != nil {
		f.Fatal(err)
	}
	ex := Example{Proto: "udp", ServerPort: 443, Sizes: []int16{148, -92}, SNI: "www.example.org", Sensor: "zeek:ssl"}
	rec, lists, err := ex.Record(memory.DefaultAllocator)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := load(validate, fstest.MapFS{"p.yaml": {Data: data}}, []string{"p.yaml"})
		if err != nil {
			return
		}
		// What compiles must run; whether its examples hold is the author's affair.
		_ = p.TestExamples()
		c, err := New(p, Options{Lists: lists})
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.Apply(context.Background(), rec)
		if err != nil {
			t.Fatal(err)
		}
		out.Release()
	})
}
