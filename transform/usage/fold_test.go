package usage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/banshift/banshift/schemas"
)

// row is one classified flow in plain form, for the slow versions.
type row struct {
	start           int64
	client          uint64
	country         string
	asn             uint32
	server          netip.Addr
	tool, service   string
	level           schemas.Level
	p               float32
	rate, records   uint32
	up, down        uint64
	unanswered, sim bool
}

func randomRows(random *rand.Rand, n int) []row {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	rows := make([]row, n)
	for i := range rows {
		level := schemas.Level(random.IntN(4))
		rows[i] = row{
			start: random.Int64N(3*schemas.DayMS) - schemas.DayMS, client: uint64(random.IntN(20)), country: pick("ru", "by", ""),
			asn: uint32(random.IntN(3)), server: netip.AddrFrom4([4]byte{203, 0, byte(random.IntN(4)), byte(random.IntN(250))}),
			tool: pick("wireguard", "none", "tor"), service: pick("", "examplevpn"), level: level,
			p: float32(random.IntN(4)) / 4, rate: uint32(1 + random.IntN(3)), records: uint32(1 + random.IntN(2)),
			up: uint64(random.IntN(1000)), down: uint64(random.IntN(1000)),
			unanswered: random.IntN(5) == 0, sim: random.IntN(2) == 0,
		}
	}
	return rows
}

// batch builds the classified batch of rows.
func batch(mem memory.Allocator, rows []row) arrow.Record {
	b := schemas.NewFlowBuilder(mem, 1)
	defer b.Release()
	asn := schemas.NewColumn[uint32](mem, 1)
	tool, service, category := schemas.NewDictColumn(mem, 1), schemas.NewDictColumn(mem, 1), schemas.NewDictColumn(mem, 1)
	p, level := schemas.NewColumn[float32](mem, 1), schemas.NewColumn[uint8](mem, 1)
	evidence := array.NewListBuilder(mem, arrow.PrimitiveTypes.Uint16)
	defer evidence.Release()
	for i, r := range rows {
		appendFlow(b, r, i)
		asn.Append(64500)
		tool.AppendString(r.tool)
		service.AppendString(r.service)
		category.AppendString("vpn")
		p.Append(r.p)
		level.Append(uint8(r.level))
		evidence.Append(true)
		evidence.ValueBuilder().(*array.Uint16Builder).AppendValues([]uint16{1, uint16(i % 3)}, nil)
	}
	flows := b.Record()
	defer flows.Release()
	cols := append([]arrow.Array(nil), flows.Columns()...)
	added := []arrow.Array{
		asn.Array(arrow.PrimitiveTypes.Uint32), tool.Array(), service.Array(), category.Array(),
		p.Array(arrow.PrimitiveTypes.Float32), level.Array(arrow.PrimitiveTypes.Uint8), evidence.NewArray(),
	}
	defer func() {
		for _, c := range added {
			c.Release()
		}
	}()
	meta := arrow.NewMetadata([]string{schemas.MetaPack, schemas.MetaLists}, []string{"core@1.0.0+abc", "lists+def"})
	fields := append(append([]arrow.Field(nil), schemas.FlowSchema.Fields()...), schemas.VerdictSchema.Fields()...)
	return array.NewRecord(arrow.NewSchema(fields, &meta), append(cols, added...), int64(len(rows)))
}

func appendFlow(b *schemas.FlowBuilder, r row, i int) {
	b.Start.Append(r.start)
	b.End.Append(r.start + 1000)
	b.Client.Append(r.client)
	b.ClientPort.Append(40000)
	b.ClientCountry.AppendString(r.country)
	b.ClientASN.Append(r.asn)
	b.Server.Append(r.server.As16())
	b.ServerPort.Append(443)
	b.Protocol.Append(6)
	b.BytesUp.Append(r.up)
	b.BytesDown.Append(r.down)
	b.PacketsUp.Append(1)
	b.PacketsDown.Append(1)
	b.TCPFlags.Append(0x1b)
	b.SamplingRate.Append(r.rate)
	b.SNI.AppendString("www.example.com")
	b.ALPN.AppendString("")
	b.JA4.AppendString("")
	b.FirstSizes.Append([schemas.MaxFirstSizes]int16{100, -200})
	b.LenSemantics.Append(0)
	if r.unanswered {
		b.AppendSeen(i, schemas.SignatureSet{}, schemas.TraitUnanswered)
	}
	b.SensorLabel.AppendString("")
	b.SensorConfidence.Append(0)
	b.Exporter.AppendString("edge-" + r.country)
	b.Source.AppendString("test")
	b.Partition.Append(0)
	b.Offset.Append(int64(i))
	b.Orientation.Append(1)
	b.Records.Append(r.records)
	b.Simulated.Append(r.sim)
}

func newTestFolder(mem memory.Allocator) *Folder {
	return New(Options{
		Evidence: []string{"rule0:+7", "rule1:+7", "rule2:+7"},
		Interest: func(name string, _ int64) (string, string, bool) {
			if name == "examplevpn.com" {
				return "examplevpn", "vpn", true
			}
			return "", "", false
		},
		Mem: mem,
	})
}

func find(t *testing.T, tables Tables, name string) arrow.Record {
	t.Helper()
	for _, table := range tables {
		if table.Name == name {
			return table.Record
		}
	}
	t.Fatalf("no table %s", name)
	return nil
}

// TestClientHoursAgainstMap compares the folding with a map over random rows.
func TestClientHoursAgainstMap(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rows := randomRows(rand.New(rand.NewPCG(3, 4)), 5000)
	rec := batch(mem, rows)
	defer rec.Release()
	folder := newTestFolder(mem)
	for range 2 { // the second time the tables are reused
		tables, counts, err := folder.Fold(context.Background(), rec, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		checkUsage(t, find(t, tables, schemas.TableUsage), find(t, tables, schemas.TableVerdicts), rows)
		checkStored(t, find(t, tables, schemas.TableFlows), rows, counts)
		for _, table := range tables {
			if !table.Record.Schema().Equal(schemas.TableSchemas()[table.Name]) {
				t.Errorf("%s has another schema: %s", table.Name, table.Record.Schema())
			}
		}
		tables.Release()
	}
}

func key(hour int64, country string, asn uint32, client uint64, tool, service, level string, simulated uint8) string {
	return fmt.Sprint(hour, " ", country, " ", asn, " ", client, " ", tool, " ", service, " ", level, " ", simulated)
}

func checkUsage(t *testing.T, rec, verdicts arrow.Record, rows []row) {
	t.Helper()
	type sums struct {
		flows, unanswered, up, down, records uint64
		expected                             float64
	}
	want := map[string]sums{}
	for _, r := range rows {
		at := key(schemas.Hour(r.start)*3600, r.country, r.asn, r.client, r.tool, r.service, r.level.String(), boolByte(r.sim))
		s, rate := want[at], uint64(r.rate)
		s.flows += rate
		s.expected += float64(r.p) * float64(rate)
		if r.unanswered {
			s.unanswered += rate
		}
		s.up, s.down, s.records = s.up+r.up*rate, s.down+r.down*rate, s.records+uint64(r.records)
		want[at] = s
	}
	got := map[string]sums{}
	text := func(col, i int) string { return schemas.DictString(rec.Column(col).(*array.Dictionary), i) }
	num := func(col, i int) uint64 { return rec.Column(col).(*array.Uint64).Value(i) }
	names := map[uint64]schemas.Names{}
	for i := range int(verdicts.NumRows()) {
		text := func(col int) string { return schemas.DictString(verdicts.Column(col).(*array.Dictionary), i) }
		level, err := schemas.ParseLevel(text(4))
		if err != nil {
			t.Fatal(err)
		}
		number := verdicts.Column(0).(*array.Uint64).Value(i)
		names[number] = schemas.Names{Tool: text(1), Service: text(2), Category: text(3), Level: level, Pack: text(5), Lists: text(6)}
		if names[number].Number() != number || text(5) != "core@1.0.0+abc" || text(6) != "lists+def" {
			t.Errorf("verdict %d stands for %+v", number, names[number])
		}
	}
	if len(names) != int(verdicts.NumRows()) {
		t.Errorf("%d verdicts in %d rows", len(names), verdicts.NumRows())
	}
	for i := range int(rec.NumRows()) {
		n := names[num(4, i)]
		at := key(int64(rec.Column(0).(*array.Timestamp).Value(i)), text(1, i), rec.Column(2).(*array.Uint32).Value(i), num(3, i),
			n.Tool, n.Service, n.Level.String(), rec.Column(5).(*array.Uint8).Value(i))
		got[at] = sums{num(6, i), num(8, i), num(9, i), num(10, i), num(11, i), rec.Column(7).(*array.Float64).Value(i)}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sums{})); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if len(got) != int(rec.NumRows()) {
		t.Errorf("%d rows for %d client-hours", rec.NumRows(), len(got))
	}
}

func checkStored(t *testing.T, rec arrow.Record, rows []row, counts Counts) {
	t.Helper()
	var stored, folded, kept int64
	for _, r := range rows {
		if r.level >= schemas.Possible {
			stored += int64(r.records)
			kept++
		} else {
			folded += int64(r.records)
		}
	}
	if counts != (Counts{stored, folded}) || rec.NumRows() != kept {
		t.Errorf("counts %+v with %d rows; want stored %d, folded %d, %d rows", counts, rec.NumRows(), stored, folded, kept)
	}
	nets := rec.Column(5).(*array.FixedSizeBinary)
	for i := range int(rec.NumRows()) {
		if nets.Value(i)[15] != 0 {
			t.Fatalf("server %x is not cut to /24", nets.Value(i))
		}
	}
	if got := rec.Column(20).(*array.List).ListValues().(*array.String).Value(0); got != "rule1:+7" {
		t.Errorf("evidence %q", got)
	}
}

func TestNamesAndResolutions(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	b := schemas.NewDNSBuilder(mem, 1)
	defer b.Release()
	ask := func(ms int64, client uint64, name string, rcode uint16, answers ...string) {
		b.Time.Append(ms)
		b.Client.Append(client)
		b.ClientCountry.AppendString("ru")
		b.ClientASN.Append(64500)
		b.Name.AppendString(name)
		b.Type.Append(1)
		b.Rcode.Append(rcode)
		var addrs [][16]byte
		for _, a := range answers {
			addrs = append(addrs, netip.MustParseAddr(a).As16())
		}
		b.AppendAnswers(addrs)
		b.Resolver.Append([16]byte{})
		b.LatencyUS.Append(0)
		b.Exporter.AppendString("resolver-1")
		b.Source.AppendString("test")
		b.Partition.Append(0)
		b.Offset.Append(0)
		b.Simulated.Append(false)
	}
	ask(0, 1, "examplevpn.com", 0, "192.0.2.1", "192.0.2.200", "2001:db8:1:2::1")
	ask(1000, 1, "examplevpn.com", 3)
	ask(2000, 1, "examplevpn.com", schemas.NoRcode)
	ask(schemas.HourMS, 2, "example.org", 0)
	rec := b.Record()
	defer rec.Release()
	tables, counts, err := newTestFolder(mem).Fold(context.Background(), nil, rec, "core@1.0.0+abc")
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Release()
	if counts != (Counts{Folded: 4}) {
		t.Errorf("counts %+v: want 4 folded", counts)
	}
	got := map[string]string{}
	for _, table := range tables {
		text, err := table.Record.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		got[table.Name] = string(text)
	}
	want := map[string]string{
		"dns_usage": `[{"answered":1,"asn":64500,"category":"vpn","client":1,"country":"ru","failed":1,"hour":"1970-01-01 00:00:00","name":"examplevpn.com","no_response":1,"pack":"core@1.0.0+abc","queries":3,"records":3,"service":"examplevpn","simulated":0}
,{"answered":0,"asn":64500,"category":"","client":2,"country":"ru","failed":0,"hour":"1970-01-01 01:00:00","name":"example.org","no_response":0,"pack":"core@1.0.0+abc","queries":1,"records":1,"service":"","simulated":0}
]`,
		"resolutions": `[{"answers":2,"country":"ru","day":"1970-01-01","name":"examplevpn.com","prefix":"AAAAAAAAAAAAAP//wAACAA==","simulated":0}
,{"answers":1,"country":"ru","day":"1970-01-01","name":"examplevpn.com","prefix":"IAENuAABAAAAAAAAAAAAAA==","simulated":0}
]`,
		"coverage": `[{"country":"ru","dns_records":3,"exporter":"resolver-1","flow_records":0,"hour":"1970-01-01 00:00:00","simulated":0}
,{"country":"ru","dns_records":1,"exporter":"resolver-1","flow_records":0,"hour":"1970-01-01 01:00:00","simulated":0}
]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFoldRefusesOtherBatches(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	b := schemas.NewFlowBuilder(mem, 1)
	defer b.Release()
	rec := b.Record()
	defer rec.Release()
	if _, _, err := newTestFolder(mem).Fold(context.Background(), rec, nil, ""); err == nil {
		t.Error("a batch without verdicts was folded")
	}
}

func BenchmarkFold(b *testing.B) {
	mem := memory.DefaultAllocator
	rec := batch(mem, randomRows(rand.New(rand.NewPCG(5, 6)), 65536))
	defer rec.Release()
	folder := newTestFolder(mem)
	b.ReportAllocs()
	for b.Loop() {
		tables, _, err := folder.Fold(context.Background(), rec, nil, "")
		if err != nil {
			b.Fatal(err)
		}
		tables.Release()
	}
	b.ReportMetric(float64(b.N)*65536/b.Elapsed().Seconds(), "flows/s")
}
