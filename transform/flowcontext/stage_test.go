package flowcontext_test

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify"
	"github.com/banshift/banshift/transform/flowcontext"
)

// flow is a row as far as the stage reads it; times in seconds.
type flow struct {
	client     uint64
	server     byte
	port       uint16
	tcp        bool
	start, end int64
	sig        schemas.SignatureSet
	unanswered bool
	bytes      uint64
}

type question struct {
	client uint64
	at     int64
	name   string
}

var day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC).UnixMilli()

func batch(mem memory.Allocator, flows []flow) arrow.Record {
	b := schemas.NewFlowBuilder(mem, len(flows))
	defer b.Release()
	for _, f := range flows {
		b.Start.Append(day + f.start*1000)
		b.End.Append(day + f.end*1000)
		b.Client.Append(f.client)
		b.ClientPort.Append(40000)
		b.ClientCountry.AppendString("")
		b.ClientASN.Append(0)
		b.Server.Append(netip.AddrFrom4([4]byte{192, 0, 2, f.server}).As16())
		b.ServerPort.Append(f.port)
		protocol, down := uint8(17), uint64(1)
		if f.tcp {
			protocol = 6
		}
		if f.unanswered {
			down = 0
		}
		b.Protocol.Append(protocol)
		b.BytesUp.Append(f.bytes)
		b.BytesDown.Append(0)
		b.PacketsUp.Append(1)
		b.PacketsDown.Append(down)
		b.TCPFlags.Append(0)
		b.SamplingRate.Append(1)
		b.SNI.AppendString("")
		b.ALPN.AppendString("")
		b.JA4.AppendString("")
		b.FirstSizes.Append([schemas.MaxFirstSizes]int16{})
		b.LenSemantics.Append(uint8(schemas.LenUnknown))
		b.AppendSeen(b.Len()-1, f.sig, 0)
		b.SensorLabel.AppendString("")
		b.SensorConfidence.Append(0)
		b.Exporter.AppendString("e")
		b.Source.AppendString("s")
		b.Partition.Append(0)
		b.Offset.Append(0)
		b.Orientation.Append(uint8(schemas.OrientedInitiator))
		b.Records.Append(1)
		b.Simulated.Append(false)
	}
	return b.Record()
}

func testStage(mem memory.Allocator) *flowcontext.Stage {
	return flowcontext.New(flowcontext.Options{Memory: mem, Interest: func(name string, _ int64) (string, string, bool) {
		return "v", map[string]string{"vpn.example": "vpn", "chat.example": "messenger"}[name], name != "other"
	}})
}

// part is one range: its flows and its questions.
type part struct {
	flows     []flow
	questions []question
}

// run gives the bits of all flows, in order, every part looked at with all others as neighbours.
func run(t *testing.T, parts ...part) []flowcontext.Bits {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	stage := testStage(mem)
	recs := make([]arrow.Record, len(parts))
	seen := make([]*flowcontext.Sightings, len(parts))
	for i, p := range parts {
		var dns arrow.Record
		if p.flows != nil {
			recs[i] = batch(mem, p.flows)
			defer recs[i].Release()
		}
		if p.questions != nil {
			dns = dnsBatch(mem, p.questions)
			defer dns.Release()
		}
		var err error
		if seen[i], err = stage.Look(recs[i], dns); err != nil {
			t.Fatal(err)
		}
		defer seen[i].Release()
	}
	var bits []flowcontext.Bits
	for i, rec := range recs {
		if rec == nil {
			continue
		}
		out, err := stage.Apply(context.Background(), rec, seen[i], slices.Concat(seen[:i], seen[i+1:]))
		if err != nil {
			t.Fatal(err)
		}
		values, ok := flowcontext.Of(out)
		if !ok {
			t.Fatal("no column context")
		}
		for _, v := range values {
			bits = append(bits, flowcontext.Bits(v))
		}
		out.Release()
	}
	return bits
}

func TestWindows(t *testing.T) {
	dtls := flow{client: 1, server: 1, port: 443, start: 60, end: 61, sig: schemas.SignaturesOf(schemas.SigDTLS, schemas.SigAnyConnectDTLS)}
	tls := flow{client: 1, server: 1, port: 443, tcp: true, sig: schemas.SignaturesOf(schemas.SigTLS)}
	with := func(f flow, change func(*flow)) flow { change(&f); return f }
	ike := flow{client: 1, server: 1, port: 500, sig: schemas.SignaturesOf(schemas.SigIKE)}
	natt := flow{client: 1, server: 1, port: 4500, start: 3}
	long := flow{client: 1, server: 1, end: 600, bytes: 80, port: 9}
	other := flow{client: 1, server: 2, start: 500, end: 700, bytes: 20, port: 9}
	tests := []struct {
		name      string
		flows     []flow
		questions []question
		want      []string
	}{
		{"anyconnect", []flow{tls, dtls}, nil, []string{"tls-then-dtls,tls-beside-anyconnect", "tls-then-dtls"}},
		{"a device", []flow{tls, with(dtls, func(f *flow) { f.port = 5684 })}, nil, []string{"", ""}},
		{"a device on a port of its own", []flow{tls, with(dtls, func(f *flow) { f.port = 4433 })}, nil, []string{"", ""}},
		{"too late", []flow{tls, with(dtls, func(f *flow) { f.start = 61 })}, nil, []string{"", ""}},
		{"dtls first", []flow{with(tls, func(f *flow) { f.start = 62 }), dtls}, nil, []string{"tls-beside-anyconnect", ""}},
		{"dtls first, long ago", []flow{with(tls, func(f *flow) { f.start = 121 }), dtls}, nil, []string{"", ""}},
		{"a call's dtls first", []flow{with(tls, func(f *flow) { f.start = 62 }), with(dtls, func(f *flow) { f.sig = schemas.SignaturesOf(schemas.SigDTLS) })}, nil, []string{"", ""}},
		{"another server", []flow{tls, with(dtls, func(f *flow) { f.server = 2 })}, nil, []string{"", ""}},
		{"another client", []flow{tls, with(dtls, func(f *flow) { f.client = 2 })}, nil, []string{"", ""}},
		{"ike", []flow{ike, natt}, nil, []string{"ike-then-natt", "ike-then-natt"}},
		{"scan", []flow{ike, with(natt, func(f *flow) { f.unanswered = true })}, nil, []string{"", ""}},
		{"tinc", []flow{{client: 1, server: 1, tcp: true, sig: schemas.SignaturesOf(schemas.SigTinc)}, {client: 1, server: 1, port: 655, start: 1}}, nil, []string{"", "beside-tinc-meta"}},
		{"call", []flow{{client: 1, server: 1, sig: schemas.SignaturesOf(schemas.SigSTUN)}, {client: 1, server: 1, start: 10, sig: schemas.SignaturesOf(schemas.SigDTLS)}}, nil, []string{"", "dtls-beside-stun"}},
		{"peer", []flow{long, other}, nil, []string{"single-peer", ""}},
		{"peer below", []flow{long, with(other, func(f *flow) { f.bytes = 21 })}, nil, []string{"", ""}},
		{"peer alone", []flow{long}, nil, []string{""}},
		{"peer later", []flow{long, with(other, func(f *flow) { f.start = 601 })}, nil, []string{""}[:1:1]},
		{"look-up", []flow{{client: 1, server: 1, start: 120}, {client: 1, server: 1, start: 121}, {client: 2, server: 1, start: 120}},
			[]question{{1, 0, "vpn.example"}, {2, 0, "chat.example"}, {2, 1, "other"}, {1, 122, "vpn.example"}}, []string{"after-lookup", "", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for i, got := range run(t, part{test.flows, test.questions}) {
				want := ""
				if i < len(test.want) {
					want = test.want[i]
				}
				if got.String() != want {
					t.Errorf("flow %d: %q, want %q", i, got, want)
				}
			}
		})
	}
}

// slow decides every bit by looking at all pairs of flows, and of flows and questions.
func slow(flows []flow, questions []question) []flowcontext.Bits {
	out := make([]flowcontext.Bits, len(flows))
	within := func(d, n int64) bool { return d >= 0 && d <= n }
	for i, a := range flows {
		var all, peer uint64
		for j, b := range flows {
			if a.client == b.client && b.start <= a.end && b.end >= a.start {
				all += b.bytes
				if a.server == b.server {
					peer += b.bytes
				}
			}
			if i == j && !a.sig.Has(schemas.SigSTUN) || a.client != b.client || a.server != b.server {
				continue
			}
			since, until := a.start-b.start, b.start-a.start
			aTLS, bTLS := a.tcp && a.sig == schemas.SignaturesOf(schemas.SigTLS), b.tcp && b.sig == schemas.SignaturesOf(schemas.SigTLS)
			aDTLS, bDTLS := !a.tcp && a.sig.Has(schemas.SigDTLS), !b.tcp && b.sig.Has(schemas.SigDTLS)
			port := func(f flow, n uint16) bool { return !f.tcp && !f.unanswered && f.port == n }
			if port(a, 4500) && port(b, 500) && within(since, 60) || port(a, 500) && port(b, 4500) && within(until, 60) {
				out[i] |= flowcontext.IKEThenNATT
			}
			samePort := a.port == b.port
			if samePort && (aDTLS && bTLS && within(since, 60) || aTLS && bDTLS && within(until, 60)) {
				out[i] |= flowcontext.TLSThenDTLS
			}
			if samePort && aTLS && bDTLS && b.sig.Has(schemas.SigAnyConnectDTLS) && (within(until, 60) || within(since, 60)) {
				out[i] |= flowcontext.TLSBesideAnyConnect
			}
			if !a.tcp && a.sig.Empty() && b.tcp && b.sig == schemas.SignaturesOf(schemas.SigTinc) && within(since, 60) {
				out[i] |= flowcontext.BesideTincMeta
			}
			if aDTLS && !b.tcp && b.sig.Has(schemas.SigSTUN) && within(since, 10) {
				out[i] |= flowcontext.DTLSBesideSTUN
			}
		}
		for _, q := range questions {
			if q.client == a.client && q.name == "vpn.example" && within(a.start-q.at, 120) {
				out[i] |= flowcontext.AfterLookup
			}
		}
		if a.end-a.start >= 600 && peer < all && peer*100 >= all*80 {
			out[i] |= flowcontext.SinglePeer
		}
	}
	return out
}

// TestAgainstAllPairs compares with the slow version in any order of rows and however
// they are cut into ranges.
func TestAgainstAllPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := []flow{
		{port: 500}, {port: 4500}, {port: 4500, unanswered: true}, {tcp: true, sig: schemas.SignaturesOf(schemas.SigTLS)}, {sig: schemas.SignaturesOf(schemas.SigDTLS)},
		{sig: schemas.SignaturesOf(schemas.SigDTLS, schemas.SigAnyConnectDTLS)}, {sig: schemas.SignaturesOf(schemas.SigDTLS, schemas.SigSTUN)}, {sig: schemas.SignaturesOf(schemas.SigSTUN)},
		{tcp: true, sig: schemas.SignaturesOf(schemas.SigTinc)}, {port: 655}, {tcp: true}, {sig: schemas.SignaturesOf(schemas.SigQUIC)},
	}
	names := []string{"vpn.example", "chat.example", "other"}
	var seen flowcontext.Bits
	for round := range 80 {
		flows := make([]flow, rng.IntN(200))
		for i := range flows {
			f := kinds[rng.IntN(len(kinds))]
			f.client, f.server = rng.Uint64N(3), byte(rng.IntN(3))
			f.start = rng.Int64N(400)
			f.end, f.bytes = f.start+rng.Int64N(800), 1<<rng.IntN(10)
			flows[i] = f
		}
		questions := make([]question, rng.IntN(4))
		for i := range questions {
			questions[i] = question{rng.Uint64N(3), rng.Int64N(400), names[rng.IntN(len(names))]}
		}
		want := slow(flows, questions)
		for range 3 {
			if got := run(t, cuts(rng, flows, questions)...); !slices.Equal(got, want) {
				t.Fatalf("round %d: %v, want %v", round, got, want)
			}
			rng.Shuffle(len(flows), func(i, j int) {
				flows[i], flows[j] = flows[j], flows[i]
				want[i], want[j] = want[j], want[i]
			})
		}
		for _, b := range want {
			seen |= b
		}
	}
	if want := flowcontext.SinglePeer<<1 - 1; seen != want {
		t.Errorf("the rounds only saw %s", seen)
	}
}

// cuts spreads flows, in order, and questions over up to five parts.
func cuts(rng *rand.Rand, flows []flow, questions []question) []part {
	parts := make([]part, 1+rng.IntN(5))
	for i := range parts {
		n := rng.IntN(len(flows) + 1)
		if i == len(parts)-1 {
			n = len(flows)
		}
		parts[i].flows, flows = flows[:n:n], flows[n:]
		if n == 0 {
			parts[i].flows = nil
		}
	}
	for _, q := range questions {
		p := &parts[rng.IntN(len(parts))]
		p.questions = append(p.questions, q)
	}
	return parts
}

// TestAnyConnect holds the rules to what the stage finds: TLS that is like any
// other is named where AnyConnect's DTLS is a neighbour, and only there.
func TestAnyConnect(t *testing.T) {
	pack, err := classify.Default()
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := classify.New(pack, classify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tls := flow{client: 1, server: 1, port: 443, tcp: true, end: 90, sig: schemas.SignaturesOf(schemas.SigTLS)}
	dtls := flow{client: 1, server: 1, port: 443, start: 2, end: 90, sig: schemas.SignaturesOf(schemas.SigDTLS, schemas.SigAnyConnectDTLS)}
	elsewhere := tls
	elsewhere.server = 9
	for _, test := range []struct {
		flows []flow
		want  []string
	}{
		{[]flow{tls, dtls, elsewhere}, []string{"anyconnect", "anyconnect", "none"}},
		{[]flow{elsewhere, dtls, tls}, []string{"none", "anyconnect", "anyconnect"}},
		{[]flow{tls}, []string{"none"}},
	} {
		rec := batch(memory.DefaultAllocator, test.flows)
		placed, err := flowcontext.New(flowcontext.Options{}).Alone(context.Background(), rec, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range test.want {
			e, err := verdicts.Explain(placed, i)
			if err != nil {
				t.Fatal(err)
			}
			if e.Tool != want || want != "none" && e.Level != schemas.Likely.String() {
				t.Errorf("flow %d: %s, want %s", i, e, want)
			}
		}
		placed.Release()
		rec.Release()
	}
}

func dnsBatch(mem memory.Allocator, questions []question) arrow.Record {
	b := schemas.NewDNSBuilder(mem, len(questions))
	defer b.Release()
	for _, q := range questions {
		b.Time.Append(day + q.at*1000)
		b.Client.Append(q.client)
		b.ClientCountry.AppendString("")
		b.ClientASN.Append(0)
		b.Name.AppendString(q.name)
		b.Type.Append(1)
		b.Rcode.Append(0)
		b.AppendAnswers(nil)
		b.Resolver.Append([16]byte{})
		b.LatencyUS.Append(0)
		b.Exporter.AppendString("e")
		b.Source.AppendString("s")
		b.Partition.Append(0)
		b.Offset.Append(0)
		b.Simulated.Append(false)
	}
	return b.Record()
}
