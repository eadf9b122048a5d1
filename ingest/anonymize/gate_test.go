package anonymize

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/gaissmai/bart"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

func testKeys(t testing.TB) *Keys {
	t.Helper()
	keys, err := NewKeys(bytes.Repeat([]byte{7}, MasterKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func testGate(t *testing.T, change func(*Options)) *Gate {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	opts := Options{Keys: testKeys(t), Mem: mem, Rows: 4}
	if change != nil {
		change(&opts)
	}
	g, err := NewGate(opts)
	if err != nil {
		t.Fatal(err)
	}
	g.Begin("test", 3)
	t.Cleanup(func() { g.Release(); mem.AssertSize(t, 0) })
	return g
}

func home(prefixes ...string) *bart.Lite {
	table := new(bart.Lite)
	for _, p := range prefixes {
		table.Insert(netip.MustParsePrefix(p))
	}
	return table
}

func flow(src, dst string) *record.Flow {
	var f record.Flow
	f.Reset()
	a, b := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	f.Src, f.SrcPort, f.Dst, f.DstPort = a.Addr(), a.Port(), b.Addr(), b.Port()
	f.Protocol, f.Start, f.End = 17, 1_523_836_800_000, 1_523_836_801_000
	f.SrcBytes, f.SrcPackets = 100, 1
	return &f
}

func TestOrientation(t *testing.T) {
	inHome := home("198.18.0.0/16")
	tests := []struct {
		name, src, dst string
		home           *bart.Lite
		initiator      bool
		how            schemas.Orientation
		flip           bool
	}{
		{"home is source", "198.18.0.1:40000", "192.0.2.1:443", inHome, false, schemas.OrientedHome, false},
		{"home is destination", "192.0.2.1:443", "198.18.0.1:40000", inHome, false, schemas.OrientedHome, true},
		{"home before initiator", "192.0.2.1:40000", "198.18.0.1:443", inHome, true, schemas.OrientedHome, true},
		{"both home, initiator", "198.18.0.1:443", "198.18.0.2:50000", inHome, true, schemas.OrientedInitiator, false},
		{"well-known port answers", "192.0.2.1:443", "192.0.2.9:40000", nil, false, schemas.OrientedPort, true},
		{"registered against ephemeral", "192.0.2.1:51820", "192.0.2.9:1194", nil, false, schemas.OrientedPort, false},
		{"both ephemeral", "192.0.2.1:51820", "192.0.2.9:50000", nil, false, schemas.OrientedUnknown, false},
	}
	for _, test := range tests {
		f := flow(test.src, test.dst)
		f.Initiator = test.initiator
		how, flip := orient(f, test.home)
		if how != test.how || flip != test.flip {
			t.Errorf("%s: got %d, flip %v; want %d, flip %v", test.name, how, flip, test.how, test.flip)
		}
	}
}

// TestFutureMovesOn has records come in long after the source was begun. The limit moves on
// until a record is refused, and then with the next batch; read again by the clock that was
// written down, each record is what it was.
func TestFutureMovesOn(t *testing.T) {
	now := int64(1_523_836_800_000)
	g := testGate(t, func(o *Options) { o.FutureAfter = func() int64 { return now } })
	batchOf := func(starts ...int64) (flows, rejects, clock int64) {
		for i, start := range starts {
			f := flow("192.0.2.1:40000", "198.51.100.1:443")
			f.Start = start
			g.Flow(f, int64(i))
			now++
		}
		batch := g.Flush()
		defer batch.Release()
		return batch.Counts.Flows, batch.Counts.Rejected, batch.Clock
	}
	starts := []int64{now, now + 1, now + 5, now + 4}
	flows, rejects, clock := batchOf(starts...)
	if flows != 2 || rejects != 2 || clock != now-2 {
		t.Errorf("%d flows and %d rejects by clock %d, want 2 and 2 by %d", flows, rejects, clock, now-2)
	}
	if flows, rejects, _ := batchOf(starts...); flows != 4 || rejects != 0 {
		t.Errorf("the next batch: %d flows and %d rejects, want 4", flows, rejects)
	}
	g.At(clock)
	if flows, rejects, again := batchOf(starts...); flows != 2 || rejects != 2 || again != clock {
		t.Errorf("read again: %d flows and %d rejects by clock %d, want 2 and 2 by %d", flows, rejects, again, clock)
	}
	ahead := now + 1_000_000 // of a program whose clock was
	g.At(ahead)
	if flows, _, clock := batchOf(ahead); flows != 1 || clock != ahead {
		t.Errorf("read again by a clock that was ahead: %d flows by clock %d, want 1 by %d", flows, clock, ahead)
	}
	if flows, rejects, clock := batchOf(ahead); flows != 0 || rejects != 1 || clock != now-1 {
		t.Errorf("the batch after it: %d flows and %d rejects by clock %d, want 0 and 1 by the present one, %d", flows, rejects, clock, now-1)
	}
}

// TestWhatFewFormatsKnowStaysInItsRow mixes flows of which names, sizes and signatures
// are known with such of which they are not.
func TestWhatFewFormatsKnowStaysInItsRow(t *testing.T) {
	g := testGate(t, nil)
	known := map[int]bool{1: true, 2: true, 5: true}
	const rows = 7
	for i := range rows {
		f := flow(fmt.Sprintf("192.0.2.1:%d", 40000+i), "198.51.100.1:443")
		if known[i] {
			f.SNI, f.ALPN, f.JA4, f.SensorLabel = fmt.Appendf(nil, "host%d.example", i), []byte("h2"), []byte("t13"), []byte("tls")
			f.SensorConfidence, f.FirstSizes[0], f.Signatures, f.Traits = uint8(i), int16(i), schemas.SignatureSet{uint64(i), uint64(2 * i)}, schemas.Traits(3*i)
		}
		g.Flow(f, int64(i))
	}
	g.Begin("another", 4)
	g.Flow(flow("192.0.2.1:50000", "198.51.100.1:443"), rows)
	batch := g.Flush()
	defer batch.Release()
	flows, err := schemas.FlowsOf(batch.Flows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows + 1 {
		source, n := "test 3", 0
		if i == rows {
			source = "another 4"
		}
		want := source + " \"\" \"\" \"\" \"\" 0 0 [0 0] 0"
		if known[i] {
			n = i
			want = fmt.Sprintf("%s \"host%d.example\" \"h2\" \"t13\" \"tls\" %d %d %d %d", source, i, n, n, [2]int{n, 2 * n}, 3*n)
		}
		text := func(d *array.Dictionary) string { return d.Dictionary().(*array.String).Value(d.GetValueIndex(i)) }
		got := fmt.Sprintf("%s %d %q %q %q %q %d %d %d %d", text(flows.Source), flows.Partition[i], flows.SNI.Value(i), flows.ALPN.Value(i),
			flows.JA4.Value(i), text(flows.SensorLabel), flows.SensorConfidence[i], flows.FirstSizes[i*schemas.MaxFirstSizes], [2]uint64(flows.SignaturesAt(i)), flows.Traits[i])
		if got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
}

func TestOneWayRecordsArePaired(t *testing.T) {
	g := testGate(t, func(o *Options) { o.Home = home("198.18.0.0/16") })
	up, down := flow("198.18.0.1:40000", "192.0.2.1:443"), flow("192.0.2.1:443", "198.18.0.1:40000")
	for i, f := range []*record.Flow{up, down} {
		f.OneWay, f.TCPFlags = true, uint8(2<<i)
	}
	down.SrcBytes, down.SrcPackets, down.End = 900, 9, down.End+500
	g.Flow(up, 10)
	g.Flow(down, 20)
	g.Flow(up, 30) // the same direction once more: a row of its own
	batch := g.Flush()
	defer batch.Release()

	flows, err := schemas.FlowsOf(batch.Flows)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(flows.Len, flows.BytesUp, flows.BytesDown, flows.PacketsDown, flows.Records, flows.TCPFlags, flows.Offset)
	want := "2 [100 100] [900 0] [9 0] [2 1] [6 2] [10 30]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if c := batch.Counts; c.In != 3 || c.Flows != 3 || c.Paired != 1 {
		t.Errorf("counts %+v: want 3 in, 3 flows, 1 paired", c)
	}
	if flows.Client[0] != flows.Client[1] {
		t.Error("the same client on the same day has two pseudonyms")
	}
}

// TestPairingAgainstMap compares the table with a slow map over random records.
// TestDirectionsMayBeSampledApart joins two directions of different sampling rates in both
// orders: bytes and packets are what each direction's own rate makes of them.
func TestDirectionsMayBeSampledApart(t *testing.T) {
	for _, test := range []struct{ rateUp, rateDown, bytesUp, bytesDown, wantUp, wantDown uint64 }{
		{1, 1000, 1000, 500, 1000, 500_000},
		{1000, 1, 500, 1000, 500_000, 1000},
		{100, 1000, 7, 9, 700, 9000},
		{512, 512, 7, 9, 7 * 512, 9 * 512},
		{1, 4294967295, 1, 2097151, 1, 2097151 * 4294967295},
	} {
		for _, upFirst := range []bool{true, false} {
			up, down := flow("198.18.0.1:40000", "192.0.2.1:443"), flow("192.0.2.1:443", "198.18.0.1:40000")
			up.SamplingRate, down.SamplingRate = uint32(test.rateUp), uint32(test.rateDown)
			up.SrcBytes, down.SrcBytes, up.OneWay, down.OneWay = test.bytesUp, test.bytesDown, true, true
			g := testGate(t, func(o *Options) { o.Home = home("198.18.0.0/16") })
			order := []*record.Flow{up, down}
			if !upFirst {
				order = []*record.Flow{down, up}
			}
			for i, f := range order {
				g.Flow(f, int64(i))
			}
			batch := g.Flush()
			rows, err := schemas.FlowsOf(batch.Flows)
			if err != nil {
				t.Fatal(err)
			}
			rate := uint64(rows.SamplingRate[0])
			if rate != min(test.rateUp, test.rateDown) || rows.BytesUp[0]*rate != test.wantUp || rows.BytesDown[0]*rate != test.wantDown || batch.Counts.Unpaired != 0 {
				t.Errorf("%+v, up first %v: rate %d, up %d, down %d", test, upFirst, rate, rows.BytesUp[0]*rate, rows.BytesDown[0]*rate)
			}
			batch.Release()
		}
	}
}

// TestAtRateAgainstBigNumbers compares with arithmetic without bounds.
func TestAtRateAgainstBigNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		n, from := r.Uint64()>>r.IntN(64), 1+r.Uint32()>>r.IntN(32)
		to := 1 + r.Uint32N(from)
		want := new(big.Int).Mul(new(big.Int).SetUint64(n), big.NewInt(int64(from)))
		want.Add(want, big.NewInt(int64(to/2))).Div(want, big.NewInt(int64(to)))
		if !want.IsUint64() {
			want.SetUint64(math.MaxUint64)
		}
		if got := atRate(n, from, to); got != want.Uint64() {
			t.Fatalf("%d from 1:%d to 1:%d is %d, want %s", n, from, to, got, want)
		}
	}
}

func TestPairingAgainstMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	g := testGate(t, func(o *Options) { o.Home = home("198.18.0.0/16") })
	type half struct{ up, down int }
	want := map[string]*half{}
	for range 20000 {
		client := fmt.Sprintf("198.18.%d.%d:%d", random.IntN(4), random.IntN(250), 1024+random.IntN(3))
		server := fmt.Sprintf("192.0.2.%d:443", random.IntN(3))
		key := client + server
		if want[key] == nil {
			want[key] = &half{}
		}
		f := flow(client, server)
		if random.IntN(2) == 0 {
			f = flow(server, client)
			want[key].down++
		} else {
			want[key].up++
		}
		f.OneWay = true
		g.Flow(f, 0)
	}
	batch := g.Flush()
	defer batch.Release()
	flows, _ := schemas.FlowsOf(batch.Flows)
	var records, up, down int
	for i := range flows.Start {
		records += int(flows.Records[i])
		up += int(flows.PacketsUp[i])
		down += int(flows.PacketsDown[i])
	}
	var wantUp, wantDown int
	for _, h := range want {
		wantUp, wantDown = wantUp+h.up, wantDown+h.down
	}
	if records != 20000 || up != wantUp || down != wantDown {
		t.Errorf("records %d, up %d, down %d; want 20000, %d, %d", records, up, down, wantUp, wantDown)
	}
	if flows.Len+int(batch.Counts.Paired) != 20000 {
		t.Errorf("%d rows and %d paired do not add up to 20000", flows.Len, batch.Counts.Paired)
	}
}

func TestPseudonymsRotateByDay(t *testing.T) {
	p := NewPseudonymizer(testKeys(t))
	addr := netip.MustParseAddr("192.0.2.7").As16()
	const day = 86_400_000
	a, _ := p.Client(addr, 0)
	b, _ := p.Client(addr, day-1)
	c, _ := p.Client(addr, day)
	d, _ := p.Client(addr, -1)
	if a != b {
		t.Error("two pseudonyms on one day")
	}
	if a == c || a == d || c == d {
		t.Error("one pseudonym on two days")
	}
}

func TestRefuse(t *testing.T) {
	g := testGate(t, func(o *Options) { o.Refuse = true })
	g.Flow(flow("192.0.2.1:40000", "192.0.2.2:443"), 5)
	g.DNS(&record.DNS{Client: netip.MustParseAddr("192.0.2.1"), Name: []byte("example.com")}, 6)
	batch := g.Flush()
	defer batch.Release()
	if batch.Flows != nil || batch.DNS != nil || batch.Counts.Rejected != 2 {
		t.Errorf("raw addresses passed: %+v", batch.Counts)
	}
}

func TestFutureIsRejected(t *testing.T) {
	g := testGate(t, func(o *Options) { o.FutureAfter = func() int64 { return 1000 } })
	g.Begin("test", 0)
	g.Flow(flow("192.0.2.1:40000", "192.0.2.2:443"), 5)
	batch := g.Flush()
	defer batch.Release()
	if batch.Counts.Rejected != 1 || batch.Counts.In != 1 {
		t.Errorf("counts %+v: want the record rejected", batch.Counts)
	}
}

func TestNamesAreCut(t *testing.T) {
	cutter := NewNameCutter()
	for name, want := range map[string]string{
		"WWW.Example.COM.":                "example.com",
		"a.b.example.co.uk":               "example.co.uk",
		"dns.google":                      "dns.google",
		"192.0.2.1":                       HiddenName,
		"host-192-0-2-1.example.org":      "example.org",
		"192-0-2-133.example":             HiddenName,
		"c0000201.net":                    HiddenName,
		"localhost":                       HiddenName,
		"":                                HiddenName,
		"x.y\x00z.com":                    HiddenName,
		strings.Repeat("a", 40) + ".com":  HiddenName,
		strings.Repeat("a.", 200) + "com": HiddenName,
		"tor.eff.org":                     "eff.org",
	} {
		for range 2 { // once computed, once from the cache
			if got := cutter.Cut([]byte(name)); got != want {
				t.Errorf("%q: got %q, want %q", name, got, want)
			}
		}
	}
}

func TestRedactionHidesContent(t *testing.T) {
	raw := []byte(`{"src_addr":"192.0.2.77","n":3221226061,"x":"c000024d 2001:db8::beef secret.example",` + "\x00\xff")
	got := redact(raw)
	if want := `{"src_addr":"000.0.0.00","n":0000000000,"x":"a000000a 0000:aa0::aaaa aaaaaa.aaaaaaa",??`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"src_addr":"192.0.2.77"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := redact(raw)
		if len(got) > maxExcerpt {
			t.Fatalf("%d bytes", len(got))
		}
		if strings.ContainsAny(got, "123456789") {
			t.Fatalf("a digit is left in %q", got)
		}
	})
}

func TestMasterKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "key")
	made, err := OpenKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenKeys(file)
	if err != nil || !bytes.Equal(made.master, again.master) {
		t.Fatalf("the key changed on reading: %v", err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a readable key passed: %v", err)
	}
}

func BenchmarkGate(b *testing.B) {
	g, err := NewGate(Options{Keys: testKeys(b), Home: home("198.18.0.0/15"), Mem: memory.DefaultAllocator, Rows: 65536})
	if err != nil {
		b.Fatal(err)
	}
	g.Begin("bench", 0)
	f := flow("198.18.0.1:40000", "192.0.2.1:443")
	f.OneWay = true
	f.Exporter = []byte("192.0.2.254")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.SrcPort = uint16(i)
		g.Flow(f, int64(i))
		if g.Rows() == 65536 {
			batch := g.Flush()
			batch.Release()
		}
	}
}
