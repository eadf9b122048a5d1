package pipeline

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify"
	"github.com/banshift/banshift/transform/enrich"
	"github.com/banshift/banshift/transform/flowcontext"
	"github.com/banshift/banshift/transform/usage"
)

// key is a range of a partition.
type key struct {
	partition int32
	position.Range
}

// ledger is a store in memory that can fail between intention and completion.
type ledger struct {
	mu       sync.Mutex
	source   string         // the one that was written
	done     map[key]uint64 // records in
	intended map[key]position.Range
	usage    map[key]uint64 // records in table usage
	windows  map[key]position.Range
	digests  map[int64]int64 // of what was read of a file, by its bytes
	rejected []int64         // positions
	rows     map[key]string  // all that is stored
	tried    map[key]string  // what was not stored when it was to be
	failAt   int             // fails the write with this number, 0: none
	writes   int
	leased   map[int32]bool
	rounds   map[int64][]load.RoundPart
}

func newLedger() *ledger {
	return &ledger{done: map[key]uint64{}, intended: map[key]position.Range{}, usage: map[key]uint64{},
		windows: map[key]position.Range{}, digests: map[int64]int64{}, rows: map[key]string{}, tried: map[key]string{},
		leased: map[int32]bool{}, rounds: map[int64][]load.RoundPart{}}
}

var errGone = errors.New("store gone")

func (l *ledger) Write(_ context.Context, b load.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source != "" && b.Source != l.source && b.Partition < 0 {
		return nil // it keeps one source
	}
	l.source = b.Source
	r := key{b.Partition, position.Range{First: b.First, Next: b.Next}}
	if _, stored := l.done[r]; stored && b.Partition < 0 {
		return nil
	} else if stored {
		return fmt.Errorf("range %v is written twice", r)
	}
	for other := range l.intended {
		if other != r && other.partition == r.partition && other.Overlaps(r.Range) {
			return fmt.Errorf("range %v overlaps %v", r, other)
		}
	}
	if b.Counts.In != b.Counts.Stored+b.Counts.Folded+b.Counts.Rejected {
		return fmt.Errorf("accounts of %v do not add up: %+v", r, b.Counts)
	}
	if was, again := l.intended[r]; again && was != b.Window {
		return fmt.Errorf("range %v was intended with neighbours in %v and comes with those in %v", r, was, b.Window)
	}
	l.intended[r] = b.Window
	rows, err := text(b)
	if err != nil {
		return err
	}
	if was, again := l.tried[r]; again && was != rows {
		return fmt.Errorf("range %v comes again with other rows", r)
	}
	if l.writes++; l.writes == l.failAt {
		l.tried[r] = rows
		return errGone
	}
	l.rows[r], l.windows[r] = rows, b.Window
	if b.Partition == load.PartitionReached || b.Partition == load.PartitionBegun {
		l.digests[b.First] = b.Clock
	}
	for _, table := range b.Tables {
		if table.Name == schemas.TableUsage {
			column := table.Record.Column(int(table.Record.NumCols()) - 1).(*array.Uint64)
			for i := range column.Len() {
				l.usage[r] += column.Value(i)
			}
		}
		if table.Name == schemas.TableRejects && b.Partition >= 0 {
			at := table.Record.Column(table.Record.Schema().FieldIndices("offset")[0]).(*array.Int64)
			l.rejected = append(l.rejected, at.Int64Values()...)
		}
	}
	delete(l.intended, r)
	l.done[r] = b.Counts.In
	return nil
}

func (l *ledger) FilesRead(context.Context) ([]load.FileRead, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := load.FileRead{Source: l.source}
	for r := range l.done {
		switch {
		case r.partition == load.PartitionReached:
			own.Reached = append(own.Reached, load.Reached{Bytes: r.First, Digest: l.digests[r.First], Next: l.windows[r].First})
		case r.partition == load.PartitionBegun:
			own.Begun = append(own.Begun, load.Reached{Bytes: r.First, Digest: l.digests[r.First]})
		case r.partition == load.PartitionComplete && r.First == 0:
			own.Complete = true
		}
	}
	slices.SortFunc(own.Reached, func(a, b load.Reached) int { return cmp.Compare(a.Bytes, b.Bytes) })
	return []load.FileRead{own}, nil
}

func (l *ledger) Rejected(context.Context, string, int32) ([]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.rejected), nil
}

func (l *ledger) Known(_ context.Context, source string, partition int32) (known position.Known, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if source != l.source {
		return known, nil
	}
	for r := range l.done {
		if r.partition == partition {
			known.Done = known.Done.Add(r.Range)
		}
	}
	for r, window := range l.intended {
		if r.partition == partition {
			known.Intended = append(known.Intended, position.Intention{Range: r.Range, Window: window})
		}
	}
	slices.SortFunc(known.Intended, func(a, b position.Intention) int { return cmp.Compare(a.First, b.First) })
	return known, nil
}

func (l *ledger) Borders(_ context.Context, _ string, partition int32, in position.Range) ([]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var borders []int64
	for r := range l.done {
		for _, at := range []int64{r.First, r.Next} {
			if r.partition == partition && in.First < at && at < in.Next {
				borders = append(borders, at)
			}
		}
	}
	slices.Sort(borders)
	return borders, nil
}

// Lease remembers who was taken over.
func (l *ledger) Lease(_ context.Context, _ string, partition int32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leased[partition] = true
	return nil
}

func (l *ledger) IsJoined(context.Context, string) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leased[load.PartitionJoined], nil
}

func (l *ledger) NextRound(context.Context, string) (next int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.rounds {
		next = max(next, n+1)
	}
	return next, nil
}

// NoteRound may fail half way, as the store's.
func (l *ledger) NoteRound(_ context.Context, _ string, round int64, parts []load.RoundPart) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range parts {
		if l.writes++; l.writes == l.failAt {
			return errGone
		}
		l.rounds[round] = append(l.rounds[round], p)
	}
	return nil
}

func (l *ledger) Round(_ context.Context, _ string, round int64) ([]load.RoundPart, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rounds[round], nil
}

// totals sum the records over all ranges of the source itself.
func (l *ledger) totals() (in, inUsage uint64) {
	for r, n := range l.done {
		if r.partition >= 0 {
			in += n
		}
	}
	for n := range maps.Values(l.usage) {
		inUsage += n
	}
	return in, inUsage
}

// defaultPack compiles the built-in rules once for all tests.
var defaultPack = sync.OnceValues(classify.Default)

func options(t *testing.T, store Store, mem memory.Allocator) Options {
	t.Helper()
	keys, err := anonymize.NewKeys(make([]byte, anonymize.MasterKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	pack, err := defaultPack()
	if err != nil {
		t.Fatal(err)
	}
	enricher, err := enrich.New(enrich.Config{Memory: mem})
	if err != nil {
		t.Fatal(err)
	}
	classifier, err := classify.New(pack, classify.Options{Lists: enricher.Lists(), Memory: mem})
	if err != nil {
		t.Fatal(err)
	}
	contexts := flowcontext.New(flowcontext.Options{Memory: mem})
	return Options{
		Store: store, Workers: 2, BatchRecords: 50, BlockRecords: 50, BlockBytes: 4096, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		NewParts: func() (Parts, error) {
			folder := usage.New(usage.Options{
				Evidence: ruleIDs(pack), Interest: func(string, int64) (string, string, bool) { return "", "", false }, Mem: mem,
			})
			return Parts{Context: contexts, Stages: []Stage{enricher, classifier}, Folder: folder, Pack: pack.Version()}, nil
		},
		NewGate: func() (*anonymize.Gate, error) {
			return anonymize.NewGate(anonymize.Options{Keys: keys, Mem: mem, Rows: 16})
		},
	}
}

func ruleIDs(pack *classify.Pack) []string {
	ids := make([]string, pack.NumRules())
	for i := range ids {
		ids[i] = pack.RuleID(uint16(i))
	}
	return ids
}

// flowLines gives n goflow2 records.
func flowLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"type":"IPFIX","sampling_rate":1,"time_flow_start_ns":%d,"time_flow_end_ns":%d,"bytes":%d,"packets":2,"src_addr":"198.18.%d.%d","dst_addr":"192.0.2.10","proto":"UDP","src_port":%d,"dst_port":1194}`+"\n",
			1523836800000000000+int64(i)*1e9, 1523836800500000000+int64(i)*1e9, 100+i, i/250%250, 1+i%250, 1024+i)
	}
	return b.String()
}

// zeekLines gives n Zeek records, a format that must be read from its beginning.
func zeekLines(n int) string {
	var b strings.Builder
	b.WriteString("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\n")
	for i := range n {
		fmt.Fprintf(&b, "%d.5\tC%d\t198.18.0.%d\t%d\t192.0.2.1\t443\ttcp\tssl\t1.5\t100\t2000\n", 1523836800+i, i, 1+i%250, 1024+i)
	}
	return b.String()
}

func put(t *testing.T, name, text string) files.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return files.File{Path: path, Explicit: true}
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReplayAfterFailure lets the store fail at every write in turn, then goes on, the
// second time with other batch sizes: each record must be counted exactly once.
func TestReplayAfterFailure(t *testing.T) {
	const records = 300
	for name, text := range map[string]string{
		"flows.ndjson": flowLines(records), "flows.ndjson.gz": string(gzipped(t, []byte(flowLines(records)))), "conn.log": zeekLines(records),
	} {
		file := put(t, name, text)
		for failAt := 1; failAt <= 12; failAt++ {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			store := newLedger()
			store.failAt = failAt
			first := runFile(t, options(t, store, mem), file)
			second := options(t, store, mem)
			if failAt%2 == 0 {
				second.BlockRecords, second.BlockBytes = 37, 1777
			}
			if err := runFile(t, second, file); err != nil {
				t.Fatalf("%s, failing at %d (%v): %v", name, failAt, first, err)
			}
			if in, inUsage := store.totals(); in != records || inUsage != records {
				t.Errorf("%s, failing at %d: %d in, %d in usage, want %d", name, failAt, in, inUsage, records)
			}
			if len(store.intended) > 0 {
				t.Errorf("%s, failing at %d: unfinished ranges %v", name, failAt, store.intended)
			}
			mem.AssertSize(t, 0)
		}
	}
}

func runFile(t *testing.T, opts Options, file files.File) error {
	t.Helper()
	p, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Files(context.Background(), []files.File{file}, FileOptions{})
}

// TestInterruptedRunGoesOn cancels the context in the middle of a file.
func TestInterruptedRunGoesOn(t *testing.T) {
	const records = 2000
	text := flowLines(records)
	for _, file := range []files.File{put(t, "flows.ndjson", text), put(t, "flows.ndjson.gz", string(gzipped(t, []byte(text))))} {
		t.Run(filepath.Base(file.Path), func(t *testing.T) { interrupt(t, file, records) })
	}
}

func interrupt(t *testing.T, file files.File, records uint64) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	store := newLedger()
	ctx, cancel := context.WithCancel(context.Background())
	opts := options(t, store, mem)
	p, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			store.mu.Lock()
			enough := len(store.done) > 5
			store.mu.Unlock()
			if enough {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	err = p.Files(ctx, []files.File{file}, FileOptions{})
	p.Close()
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the cancellation", err)
	}
	if len(store.intended) > 0 {
		t.Errorf("an interrupt left ranges half done: %v", store.intended)
	}
	if err := runFile(t, options(t, store, mem), file); err != nil {
		t.Fatal(err)
	}
	if in, inUsage := store.totals(); in != records || inUsage != records {
		t.Errorf("%d in, %d in usage, want %d", in, inUsage, records)
	}
}

// TestScan hands every batch on and stores nothing.
func TestScan(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	var rows int64
	err := Scan(context.Background(), put(t, "conn.log", zeekLines(120)), options(t, nil, mem), FileOptions{}, func(s Scanned) error {
		rows += s.Verdicts.NumRows()
		if s.Verdicts.NumRows() != s.Batch.Flows.NumRows() {
			t.Errorf("%d verdicts for %d flows", s.Verdicts.NumRows(), s.Batch.Flows.NumRows())
		}
		return nil
	})
	if err != nil || rows != 120 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// failing is a stage that cannot do its work.
type failing struct{}

func (failing) Apply(context.Context, arrow.Record) (arrow.Record, error) {
	return nil, errors.New("broken stage")
}

// TestStageErrorNamesTheBatch ends the run with an error that says where.
func TestStageErrorNamesTheBatch(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	opts := options(t, newLedger(), mem)
	parts := opts.NewParts
	opts.NewParts = func() (Parts, error) {
		p, err := parts()
		p.Stages = []Stage{failing{}}
		return p, err
	}
	err := runFile(t, opts, put(t, "flows.ndjson", flowLines(10)))
	if err == nil || !strings.Contains(err.Error(), "flows.ndjson") || !strings.Contains(err.Error(), "broken stage") {
		t.Errorf("got %v", err)
	}
}

// takenAt is a store in which another program has taken a partition over.
type takenAt struct {
	*ledger
	partition int32
}

func (s takenAt) Write(ctx context.Context, b load.Batch) error {
	if b.Partition == s.partition {
		return fmt.Errorf("source %s: %w", b.Source, load.ErrLease)
	}
	return s.ledger.Write(ctx, b)
}

// TestFileIsLeftToWhoTookIt leaves a file to another program that took it over, while it is
// read and when it is noted as read.
func TestFileIsLeftToWhoTookIt(t *testing.T) {
	for _, partition := range []int32{0, load.PartitionComplete} {
		p, err := New(options(t, takenAt{newLedger(), partition}, memory.DefaultAllocator))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		err = p.Files(t.Context(), []files.File{put(t, "flows.ndjson", flowLines(50))}, FileOptions{})
		if err != nil || p.Stats().Taken.Load() != 1 {
			t.Errorf("partition %d: %d sources left, %v", partition, p.Stats().Taken.Load(), err)
		}
	}
}

// TestGatesAreRenewed changes what gates know in the middle of a stream: the ranges behind pass one that is
// made anew.
func TestGatesAreRenewed(t *testing.T) {
	for name, text := range map[string]string{"conn.log": zeekLines(2000), "flows.json": flowLines(2000)} {
		store := newLedger()
		o := options(t, store, memory.DefaultAllocator)
		o.BlockRecords, o.BlockBytes, o.Workers = 100, 10_000, 1
		var made atomic.Int64
		o.Generation = func() int64 {
			store.mu.Lock()
			defer store.mu.Unlock()
			if len(store.done) > 5 {
				return 1
			}
			return 0
		}
		newGate := o.NewGate
		o.NewGate = func() (*anonymize.Gate, error) { made.Add(1); return newGate() }
		p, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Files(t.Context(), []files.File{put(t, name, text)}, FileOptions{}); err != nil {
			t.Fatal(err)
		}
		p.Close()
		if in, _ := store.totals(); in != 2000 || made.Load() != 2 {
			t.Errorf("%s: %d records by %d gates, want 2000 by 2", name, in, made.Load())
		}
	}
}
