package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/gaissmai/bart"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/flowcontext"
)

// epoch is an hour before midnight, so that some flows lie on either side of it.
var epoch = time.Date(2026, 1, 15, 23, 50, 0, 0, time.UTC).UnixMilli()

// verdicts collects, as the last stage, what every row was found to be: the same each time.
type verdicts struct {
	mu   sync.Mutex
	rows map[string]string // by partition and offset
}

func (v *verdicts) Apply(_ context.Context, rec arrow.Record) (arrow.Record, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	rows, err := verdictsOf(rec)
	if err != nil {
		return nil, err
	}
	for key, row := range rows {
		if was, again := v.rows[key]; again && was != row {
			return nil, fmt.Errorf("row %s was\n%s\nand is\n%s", key, was, row)
		}
		v.rows[key] = row
	}
	rec.Retain()
	return rec, nil
}

// verdictsOf writes down context and verdict of every row of a classified batch.
func verdictsOf(rec arrow.Record) (map[string]string, error) {
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return nil, err
	}
	bits, ok := flowcontext.Of(rec)
	if !ok {
		return nil, errors.New("no column context")
	}
	rows := map[string]string{}
	first := int(rec.NumCols()) - schemas.NumVerdictColumns
	for i := range flows.Len {
		text := fmt.Sprintf("%s %d up %d down", flowcontext.Bits(bits[i]), flows.BytesUp[i], flows.BytesDown[i])
		for c := range schemas.VerdictSchema.Fields() {
			text += " " + rec.Column(first+c).ValueStr(i)
		}
		rows[fmt.Sprintf("%d/%d", flows.Partition[i], flows.Offset[i])] = text
	}
	return rows, nil
}

// sizes are what must not matter, and the sizes of blocks, which may.
type sizes struct {
	batch, workers, records, bytes int
}

// contextOptions are options with home prefixes and services that are looked up.
func contextOptions(t *testing.T, store Store, mem memory.Allocator, s sizes) Options {
	t.Helper()
	opts := options(t, store, mem)
	opts.BatchRecords, opts.Workers, opts.BlockRecords, opts.BlockBytes = s.batch, s.workers, s.records, s.bytes
	parts := opts.NewParts
	contexts := flowcontext.New(flowcontext.Options{Memory: mem, Interest: interest})
	opts.NewParts = func() (Parts, error) {
		p, err := parts()
		p.Context = contexts
		return p, err
	}
	keys, err := anonymize.NewKeys(make([]byte, anonymize.MasterKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	home := new(bart.Lite)
	home.Insert(netip.MustParsePrefix("198.18.0.0/15"))
	opts.NewGate = func() (*anonymize.Gate, error) {
		return anonymize.NewGate(anonymize.Options{Keys: keys, Home: home, Mem: mem, Rows: 16})
	}
	return opts
}

func interest(name string, _ int64) (string, string, bool) { return "v", "vpn", name == "vpn.example" }

func newVerdicts() *verdicts { return &verdicts{rows: map[string]string{}} }

// of has them collected from what is made of options.
func (v *verdicts) of(opts Options) Options {
	parts := opts.NewParts
	opts.NewParts = func() (Parts, error) {
		p, err := parts()
		p.Stages = append(slices.Clone(p.Stages), v)
		return p, err
	}
	return opts
}

// netflowLines gives one-way records between few ends: IKE, NAT-T, long flows, others.
func netflowLines(rng *rand.Rand, n int) [][]byte {
	var lines [][]byte
	line := func(at, lasts int64, src, dst string, srcPort, dstPort, size int) {
		lines = append(lines, fmt.Appendf(nil, `{"type":"IPFIX","sampling_rate":1,"time_flow_start_ns":%d,"time_flow_end_ns":%d,"bytes":%d,"packets":%d,"src_addr":"%s","dst_addr":"%s","proto":"UDP","src_port":%d,"dst_port":%d}`,
			at*1e6, (at+lasts)*1e6, size, 1+size/100, src, dst, srcPort, dstPort))
	}
	for i := 0; len(lines) < n; i++ {
		at := epoch + int64(i)*700 + rng.Int64N(40_000)
		client, server := fmt.Sprintf("198.18.0.%d", 1+rng.IntN(5)), fmt.Sprintf("192.0.2.%d", 1+rng.IntN(3))
		port := []int{500, 4500, 443, 1194}[rng.IntN(4)]
		lasts := rng.Int64N(5000)
		if rng.IntN(8) == 0 {
			lasts += 600_000
		}
		line(at, lasts, client, server, port, port, 100+rng.IntN(5000))
		if rng.IntN(3) > 0 {
			line(at+20, lasts, server, client, port, port, 100+rng.IntN(5000))
		}
	}
	// The other direction comes later, now and then much later.
	for i := range lines {
		k := min(len(lines)-1, i+rng.IntN(3))
		if rng.IntN(10) == 0 {
			k = min(len(lines)-1, i+rng.IntN(40))
		}
		lines[i], lines[k] = lines[k], lines[i]
	}
	return lines
}

// eveLines gives Suricata's events: flows, TLS, and answers to look-ups.
func eveLines(rng *rand.Rand, n int) [][]byte {
	lines := make([][]byte, n)
	for i := range lines {
		at := time.UnixMilli(epoch + int64(i)*3000 + rng.Int64N(40_000)).UTC().Format("2006-01-02T15:04:05.000000-0700")
		client, server := 1+rng.IntN(6), 1+rng.IntN(3)
		switch rng.IntN(6) {
		case 0:
			name := []string{"vpn.example", "other.example"}[rng.IntN(2)]
			lines[i] = fmt.Appendf(nil, `{"timestamp":"%s","event_type":"dns","src_ip":"198.18.0.%d","src_port":%d,"dest_ip":"198.18.0.99","dest_port":53,"proto":"UDP","dns":{"version":2,"type":"answer","id":%d,"rrname":"%s","rrtype":"A","rcode":"NOERROR"}}`,
				at, client, 1024+i, i, name)
		case 1:
			lines[i] = fmt.Appendf(nil, `{"timestamp":"%s","event_type":"tls","src_ip":"198.18.0.%d","src_port":%d,"dest_ip":"192.0.2.%d","dest_port":443,"proto":"TCP","tls":{"sni":"example.org","version":"TLS 1.3"}}`, at, client, 1024+i, server)
		case 2:
			lines[i] = fmt.Appendf(nil, `{"timestamp":"%s","event_type":"nonsense"`, at)
		default:
			lines[i] = fmt.Appendf(nil, `{"timestamp":"%s","event_type":"flow","src_ip":"198.18.0.%d","src_port":%d,"dest_ip":"192.0.2.%d","dest_port":%d,"proto":"UDP","flow":{"pkts_toserver":3,"pkts_toclient":%d,"bytes_toserver":300,"bytes_toclient":400,"start":"%s","end":"%s"}}`,
				at, client, 1024+i, server, []int{500, 4500, 443}[rng.IntN(3)], rng.IntN(3), at, at)
		}
	}
	return lines
}

// canonicalFlows gives rows with every kind of signature that matters, in record batches of any size.
func canonicalFlows(rng *rand.Rand, n int) []byte {
	kinds := [][]schemas.Signature{nil, nil, {schemas.SigTLS}, {schemas.SigDTLS}, {schemas.SigDTLS, schemas.SigAnyConnectDTLS},
		{schemas.SigSTUN}, {schemas.SigDTLS, schemas.SigSTUN}, {schemas.SigTinc}, {schemas.SigQUIC}}
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(schemas.FlowSchema))
	b := schemas.NewFlowBuilder(memory.DefaultAllocator, 16)
	defer b.Release()
	for i := range n {
		start := epoch + int64(i)*900 + rng.Int64N(30_000)
		end := start + rng.Int64N(4000)
		if rng.IntN(6) == 0 {
			end += 600_000
		}
		sig := schemas.SignaturesOf(kinds[rng.IntN(len(kinds))]...)
		protocol := uint8(17)
		if sig.Has(schemas.SigTLS) || sig.Has(schemas.SigTinc) {
			protocol = 6
		}
		b.Start.Append(start)
		b.End.Append(end)
		b.Client.Append((1 + rng.Uint64N(4)) * 0x9e3779b97f4a7c15)
		b.ClientPort.Append(40000)
		b.ClientCountry.AppendString("ru")
		b.ClientASN.Append(1)
		b.Server.Append(netip.AddrFrom4([4]byte{192, 0, 2, byte(rng.IntN(3))}).As16())
		b.ServerPort.Append([]uint16{500, 4500, 443, 655}[rng.IntN(4)])
		b.Protocol.Append(protocol)
		b.BytesUp.Append(rng.Uint64N(1 << (1 + rng.IntN(14))))
		b.BytesDown.Append(100)
		b.PacketsUp.Append(1)
		b.PacketsDown.Append(rng.Uint64N(3))
		b.TCPFlags.Append(0)
		b.SamplingRate.Append(1 + rng.Uint32N(2))
		b.SNI.Append(nil)
		b.ALPN.Append(nil)
		b.JA4.Append(nil)
		b.FirstSizes.Append([schemas.MaxFirstSizes]int16{})
		b.LenSemantics.Append(uint8(schemas.LenUnknown))
		b.AppendSeen(b.Len()-1, sig, 0)
		b.SensorLabel.AppendString("")
		b.SensorConfidence.Append(0)
		b.Exporter.AppendString("e")
		b.Source.AppendString("s")
		b.Partition.Append(0)
		b.Offset.Append(int64(i))
		b.Orientation.Append(uint8(schemas.OrientedInitiator))
		b.Records.Append(1)
		b.Simulated.Append(false)
		if rng.IntN(150) == 0 || i == n-1 {
			rec := b.Record()
			if err := w.Write(rec); err != nil {
				panic(err)
			}
			rec.Release()
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// counted is a sink that ends a block every so many records.
type counted struct {
	*anonymize.Gate
	n, block int
	end      func()
}

func (c *counted) Flow(f *record.Flow, at int64) { c.Gate.Flow(f, at); c.count() }
func (c *counted) DNS(d *record.DNS, at int64)   { c.Gate.DNS(d, at); c.count() }
func (c *counted) Reject(reason string, raw []byte, at int64) {
	c.Gate.Reject(reason, raw, at)
	c.count()
}

func (c *counted) count() {
	if c.n++; c.n%c.block == 0 {
		c.end()
	}
}

// blockwise decodes a whole source by itself, one batch a block.
func blockwise(t *testing.T, opts Options, format decode.Format, content []byte) []anonymize.Batch {
	t.Helper()
	gate, err := opts.NewGate()
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Release()
	gate.Begin("s", 0)
	var blocks []anonymize.Batch
	end := func() { blocks = append(blocks, gate.Flush()) }
	switch {
	case format == decode.Arrow:
		r, err := ipc.NewReader(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Release()
		for n := 0; r.Next(); {
			for i := range r.Record().NumRows() {
				if n%opts.BlockRecords == 0 {
					blocks = append(blocks, anonymize.Batch{})
				}
				n++
				last := &blocks[len(blocks)-1]
				row := r.Record().NewSlice(i, i+1)
				if last.Flows == nil {
					last.Flows = row
					continue
				}
				both, err := concatenate([]arrow.Record{last.Flows, row}, row)
				if err != nil {
					t.Fatal(err)
				}
				last.Flows = both
			}
		}
	case decode.LineBased(format):
		decoder, err := decode.NewMessage(format)
		if err != nil {
			t.Fatal(err)
		}
		position := int64(0)
		for line := range bytes.Lines(content) {
			for position >= int64((len(blocks)+1)*opts.BlockBytes) {
				end()
			}
			decoder.Decode(bytes.TrimSpace(line), position, gate)
			position += int64(len(line))
		}
		end()
	default:
		decoder, err := decode.NewStream(format)
		if err != nil {
			t.Fatal(err)
		}
		if err := decoder.Decode(t.Context(), bytes.NewReader(content), &counted{gate, 0, opts.BlockRecords, end}); err != nil {
			t.Fatal(err)
		}
		end()
	}
	return blocks
}

// slowly says what every row of a source is, looking at each together with all of its block
// and of the two next to it.
func slowly(t *testing.T, opts Options, blocks []anonymize.Batch) map[string]string {
	t.Helper()
	want := map[string]string{}
	for k := range blocks {
		for key, row := range slowlyAmong(t, opts, blocks[k], blocks[max(0, k-1):min(len(blocks), k+2)]) {
			want[key] = row
		}
	}
	return want
}

// slowlyAmong looks at every row of a batch together with those of several, its own among them,
// one pair at a time, and classifies each alone.
func slowlyAmong(t *testing.T, opts Options, batch anonymize.Batch, around []anonymize.Batch) map[string]string {
	t.Helper()
	want := map[string]string{}
	if batch.Flows == nil {
		return want
	}
	parts, err := opts.NewParts()
	if err != nil {
		t.Fatal(err)
	}
	own, err := schemas.FlowsOf(batch.Flows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range own.Len {
		rec := batch.Flows.NewSlice(int64(i), int64(i)+1)
		out := flowcontext.Attach(memory.DefaultAllocator, rec, []flowcontext.Bits{bitsOf(t, &own, i, around)})
		for _, stage := range parts.Stages {
			if out, err = stage.Apply(t.Context(), out); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := verdictsOf(out)
		if err != nil {
			t.Fatal(err)
		}
		for key, row := range rows {
			want[key] = row
		}
	}
	return want
}

// bitsOf compares one flow with all others, by the definitions of [flowcontext.Bits].
func bitsOf(t *testing.T, a *schemas.Flows, i int, around []anonymize.Batch) (bits flowcontext.Bits) {
	t.Helper()
	const minute = 60_000
	start, end := int64(a.Start[i]), int64(a.End[i])
	is := func(f *schemas.Flows, i int, protocol uint8, sig schemas.Signature) bool {
		return f.Protocol[i] == protocol && f.SignaturesAt(i).Has(sig)
	}
	answered := func(f *schemas.Flows, i int, port uint16) bool {
		return f.Protocol[i] == 17 && f.ServerPort[i] == port && f.PacketsDown[i] > 0
	}
	tls := func(f *schemas.Flows, i int) bool {
		return is(f, i, 6, schemas.SigTLS) && !is(f, i, 6, schemas.SigTinc)
	}
	udp := !a.SignaturesAt(i).HasAny(schemas.SignaturesOf(schemas.SigDNS, schemas.SigQUIC, schemas.SigDTLS, schemas.SigSTUN)) && a.Protocol[i] == 17
	var all, peer uint64
	for _, batch := range around {
		if batch.DNS != nil {
			d, err := schemas.DNSOf(batch.DNS)
			if err != nil {
				t.Fatal(err)
			}
			for j := range d.Len {
				since := start - int64(d.Time[j])
				if d.Client[j] == a.Client[i] && d.Name.Value(j) == "vpn.example" && since >= 0 && since <= 2*minute {
					bits |= flowcontext.AfterLookup
				}
			}
		}
		if batch.Flows == nil {
			continue
		}
		b, err := schemas.FlowsOf(batch.Flows)
		if err != nil {
			t.Fatal(err)
		}
		for j := range b.Len {
			if b.Client[j] != a.Client[i] {
				continue
			}
			same := bytes.Equal(a.Server.Value(i), b.Server.Value(j))
			if int64(b.Start[j]) <= end && int64(b.End[j]) >= start {
				n := (b.BytesUp[j] + b.BytesDown[j]) * uint64(b.SamplingRate[j])
				all += n
				if same {
					peer += n
				}
			}
			since := start - int64(b.Start[j])
			before, after := since >= 0 && since <= minute, since <= 0 && -since <= minute
			if !same {
				continue
			}
			if answered(a, i, 4500) && answered(&b, j, 500) && before || answered(a, i, 500) && answered(&b, j, 4500) && after {
				bits |= flowcontext.IKEThenNATT
			}
			samePort := a.ServerPort[i] == b.ServerPort[j]
			if samePort && (is(a, i, 17, schemas.SigDTLS) && tls(&b, j) && before || tls(a, i) && is(&b, j, 17, schemas.SigDTLS) && after) {
				bits |= flowcontext.TLSThenDTLS
			}
			if samePort && tls(a, i) && is(&b, j, 17, schemas.SigAnyConnectDTLS) && (before || after) {
				bits |= flowcontext.TLSBesideAnyConnect
			}
			if udp && is(&b, j, 6, schemas.SigTinc) && before {
				bits |= flowcontext.BesideTincMeta
			}
			if is(a, i, 17, schemas.SigDTLS) && is(&b, j, 17, schemas.SigSTUN) && since >= 0 && since <= 10_000 {
				bits |= flowcontext.DTLSBesideSTUN
			}
		}
	}
	if end-start >= 10*minute && peer < all && peer*100 >= all*80 {
		bits |= flowcontext.SinglePeer
	}
	return bits
}

// contextSource is a file whose flows have neighbours.
type contextSource struct {
	name    string
	format  decode.Format
	content []byte
	file    files.File
}

func contextSources(t *testing.T, rng *rand.Rand, n int) []contextSource {
	t.Helper()
	sources := []contextSource{
		{name: "flows.ndjson", format: decode.Goflow2JSON, content: append(bytes.Join(netflowLines(rng, n), []byte("\n")), '\n')},
		{name: "flows.ndjson.gz", format: decode.Goflow2JSON, content: append(bytes.Join(netflowLines(rng, n), []byte("\n")), '\n')},
		{name: "eve.json", format: decode.SuricataEVE, content: append(bytes.Join(eveLines(rng, n), []byte("\n")), '\n')},
		{name: "flows.arrow", format: decode.Arrow, content: canonicalFlows(rng, n)},
	}
	for i := range sources {
		content := sources[i].content
		if strings.HasSuffix(sources[i].name, ".gz") {
			content = gzipped(t, content)
		}
		sources[i].file = put(t, sources[i].name, string(content))
	}
	return sources
}

// batchSizes are numbers of rows that go through the stages at once.
var batchSizes = []int{1, 2, 7, 100, 4096, 65536}

// TestContextAgainstSlowVersion compares the verdict on every row, evidence included, for
// all sizes of batches, several numbers of workers and of blocks.
func TestContextAgainstSlowVersion(t *testing.T) {
	var seen string
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 7))
		for _, src := range contextSources(t, rng, 260) {
			blocks := sizes{records: 20 + rng.IntN(120), bytes: 3000 + rng.IntN(40_000)}
			opts := contextOptions(t, newLedger(), memory.DefaultAllocator, blocks)
			want := slowly(t, opts, blockwise(t, opts, src.format, src.content))
			seen += fmt.Sprint(want)
			var tables string
			for _, workers := range []int{1, 2, 5} {
				for _, batch := range batchSizes {
					blocks.batch, blocks.workers = batch, workers
					store := newLedger()
					got := newVerdicts()
					if err := runFile(t, got.of(contextOptions(t, store, memory.DefaultAllocator, blocks)), src.file); err != nil {
						t.Fatal(err)
					}
					compareRows(t, fmt.Sprintf("seed %d, %s, %+v", seed, src.name, blocks), got.rows, want)
					if dump := store.dump(); tables == "" {
						tables = dump
					} else if dump != tables {
						t.Errorf("seed %d, %s, %+v: other rows are stored than before", seed, src.name, blocks)
					}
				}
			}
		}
	}
	for bit := flowcontext.Bits(1); bit <= flowcontext.SinglePeer; bit <<= 1 {
		if !strings.Contains(seen, bit.String()) {
			t.Errorf("no flow has %s", bit)
		}
	}
}

func compareRows(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for key, row := range want {
		if got[key] != row {
			t.Errorf("%s: row %s is\n%s, want\n%s", what, key, got[key], row)
			return
		}
	}
}

// TestScanLooksAtNeighbours has a scan come to the same verdicts as the slow version.
func TestScanLooksAtNeighbours(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, src := range contextSources(t, rng, 200) {
		opts := contextOptions(t, nil, memory.DefaultAllocator, sizes{batch: 9, workers: 1, records: 40, bytes: 9000})
		want := slowly(t, opts, blockwise(t, opts, src.format, src.content))
		got := map[string]string{}
		err := Scan(t.Context(), src.file, opts, FileOptions{}, func(s Scanned) error {
			if s.Verdicts == nil {
				return nil
			}
			rows, err := verdictsOf(s.Verdicts)
			for key, row := range rows {
				got[key] = row
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		compareRows(t, src.name, got, want)
	}
}

// TestContextAfterFailure lets the store fail at every write in turn, and goes on with
// another number of workers and size of batches: what is stored in the end is what an
// uninterrupted run stores, and each range comes again as it was.
func TestContextAfterFailure(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 11))
		for _, src := range contextSources(t, rng, 200) {
			t.Run(fmt.Sprint(seed, " ", src.name), func(t *testing.T) { failAtEachWrite(t, rng, src.file) })
		}
	}
}

func failAtEachWrite(t *testing.T, rng *rand.Rand, file files.File) {
	s := sizes{batch: 65536, workers: 2, records: 30, bytes: 7000}
	whole := newLedger()
	if err := runFile(t, contextOptions(t, whole, memory.DefaultAllocator, s), file); err != nil {
		t.Fatal(err)
	}
	for failAt := 1; failAt <= whole.writes; failAt++ {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		store := newLedger()
		store.failAt = failAt
		s.batch, s.workers = batchSizes[rng.IntN(len(batchSizes))], 1+rng.IntN(3)
		if err := runFile(t, contextOptions(t, store, mem, s), file); !errors.Is(err, errGone) {
			t.Fatalf("failing at %d: %v", failAt, err)
		}
		s.batch, s.workers = batchSizes[rng.IntN(len(batchSizes))], 1+rng.IntN(3)
		if err := runFile(t, contextOptions(t, store, mem, s), file); err != nil {
			t.Fatalf("failing at %d: %v", failAt, err)
		}
		if store.dump() != whole.dump() {
			t.Errorf("failing at %d: other rows are stored than by one run", failAt)
		}
		mem.AssertSize(t, 0)
	}
}

// measuring is a store that notes how much memory of batches there is at each write.
type measuring struct {
	*ledger
	mem  *memory.CheckedAllocator
	mu   sync.Mutex
	most int
}

func (m *measuring) Write(ctx context.Context, b load.Batch) error {
	m.mu.Lock()
	m.most = max(m.most, m.mem.CurrentAlloc())
	m.mu.Unlock()
	return m.ledger.Write(ctx, b)
}

// TestMemoryOfNeighboursIsBounded has a source ten times as long take no more memory. The
// short one is read ten times: how the workers meet varies from range to range, and the
// most of as many ranges is compared.
func TestMemoryOfNeighboursIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 13))
	var most [2][]int
	for i, c := range []struct{ records, times int }{{1500, 10}, {15000, 1}} {
		for _, src := range contextSources(t, rng, c.records) {
			peak := 0
			for range c.times {
				mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
				store := &measuring{ledger: newLedger(), mem: mem}
				opts := contextOptions(t, store, mem, sizes{batch: 65536, workers: 2, records: 100, bytes: 25_000})
				if err := runFile(t, opts, src.file); err != nil {
					t.Fatal(err)
				}
				peak = max(peak, store.most)
				mem.AssertSize(t, 0)
			}
			most[i] = append(most[i], peak)
		}
	}
	for k, short := range most[0] {
		if long := most[1][k]; long > 2*short {
			t.Errorf("source %d: %d bytes of batches, ten times as long %d", k, short, long)
		}
	}
}

// dump gives everything that is stored, by range and table.
func (l *ledger) dump() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []key
	for r := range l.rows {
		keys = append(keys, r)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.partition, b.partition), cmp.Compare(a.First, b.First))
	})
	var out strings.Builder
	for _, r := range keys {
		fmt.Fprintf(&out, "%v\n%s", r, l.rows[r])
	}
	return out.String()
}

// text writes down all rows of a batch.
func text(b load.Batch) (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "%v %+v\n", b.Window, b.Counts)
	for _, t := range b.Tables {
		fmt.Fprintf(&out, "%s\n", t.Name)
		if err := array.RecordToJSON(t.Record, &out); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}
