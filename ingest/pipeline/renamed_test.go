package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/meter"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// ledgers are a store in memory of several sources.
type ledgers struct {
	Rounds   // of topics: none is read here
	mu       sync.Mutex
	bySource map[string]*ledger
}

func newLedgers() *ledgers { return &ledgers{bySource: map[string]*ledger{}} }

func (l *ledgers) of(source string) *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bySource[source] == nil {
		l.bySource[source] = newLedger()
		l.bySource[source].source = source
	}
	return l.bySource[source]
}

func (l *ledgers) Write(ctx context.Context, b load.Batch) error { return l.of(b.Source).Write(ctx, b) }

func (l *ledgers) Known(ctx context.Context, source string, partition int32) (position.Known, error) {
	return l.of(source).Known(ctx, source, partition)
}

func (l *ledgers) Borders(ctx context.Context, source string, partition int32, in position.Range) ([]int64, error) {
	return l.of(source).Borders(ctx, source, partition, in)
}

func (l *ledgers) Rejected(ctx context.Context, source string, partition int32) ([]int64, error) {
	return l.of(source).Rejected(ctx, source, partition)
}

func (l *ledgers) Lease(context.Context, string, int32) error { return nil }

func (l *ledgers) FilesRead(ctx context.Context) (all []load.FileRead, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for source, one := range l.bySource {
		if read, _ := one.FilesRead(ctx); strings.HasPrefix(source, "file:") && len(one.done) > 0 {
			all = append(all, read...)
		}
	}
	return all, nil
}

// accounts has files read: the records that are stored or folded, and those that were rejected.
func (store *ledgers) accounts(t *testing.T, paths ...string) (good, rejected int64) {
	t.Helper()
	p, err := New(options(t, store, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	list := make([]files.File, len(paths))
	for i, path := range paths {
		list[i] = files.File{Path: path}
	}
	if err := p.Files(context.Background(), list, FileOptions{Packets: func() decode.Stream { return meter.New(meter.Options{}) }}); err != nil {
		t.Fatal(err)
	}
	return p.Stats().Stored.Load() + p.Stats().Folded.Load(), p.Stats().Rejected.Load()
}

// logs are made texts of formats by the number of their records.
var logs = map[string]func(records int) string{
	"flows.json": flowLines,
	"conn.log":   func(n int) string { return zeekConn + lines(n, func(i int) string { return zeekLine(i) }) },
	"conn.json": func(n int) string {
		return lines(n, func(i int) string {
			return fmt.Sprintf(`{"_path":"conn","ts":%d.5,"uid":"C%d","id.orig_h":"10.0.0.%d","id.orig_p":4000,"id.resp_h":"198.51.100.9","id.resp_p":443,"proto":"tcp","conn_state":"SF","orig_bytes":5,"resp_bytes":6}`, 1700000000+i, i, i%250)
		})
	},
	"eve.json": func(n int) string {
		return lines(n, func(i int) string {
			return fmt.Sprintf(`{"timestamp":"2023-11-14T22:13:20.%06d+0000","event_type":"flow","src_ip":"10.0.0.%d","src_port":4000,"dest_ip":"198.51.100.9","dest_port":443,"proto":"TCP","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":60,"bytes_toclient":60,"start":"2023-11-14T22:13:20.%06d+0000"}}`, i, i%250, i)
		})
	},
}

const zeekConn = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\tconn_state\n"

func zeekLine(i int) string {
	return fmt.Sprintf("%d.250000\tC%d\t10.0.0.%d\t4000\t198.51.100.9\t443\ttcp\t5\t6\tSF", 1700000000+i, i, i%250)
}

func lines(n int, line func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i))
		b.WriteByte('\n')
	}
	return b.String()
}

// TestLogsAreKnownByTheirContent reads a log of each format, and again renamed, grown, compressed, and in
// every order of these.
func TestLogsAreKnownByTheirContent(t *testing.T) {
	for name, text := range logs {
		stem, ending, _ := strings.Cut(name, ".")
		steps := []struct {
			what string
			name string
			read string // empty: nothing
			want int64
		}{
			{"new", name, text(300), 300},
			{"the same", name, text(300), 0},
			{"renamed", stem + "-old." + ending, text(300), 0},
			{"grown", name, text(350), 50},
			{"grown and renamed", name + ".1", text(420), 70},
			{"renamed again", stem + "-20261128." + ending, text(420), 0},
			{"compressed", name + ".gz", text(420), 0},
			{"grown, compressed and renamed", "a-" + name + ".2.gz", text(500), 80},
			{"plain again", "b-" + name, text(500), 0},
			{"another log", "c-" + name, strings.Replace(text(500), ".0.1", ".0.251", 1), 500},
			{"one that was compressed from the first", "d-" + name + ".gz", strings.Replace(text(100), ".0.1", ".0.252", 1), 100},
			{"the same, plain", "d-" + name, strings.Replace(text(100), ".0.1", ".0.252", 1), 0},
			{"plain and grown", "e-" + name, strings.Replace(text(130), ".0.1", ".0.252", 1), 30},
			{"cut in a line", "f-" + name, strings.Replace(text(60), ".0.1", ".0.253", 1)[:len(text(59))+40], 59},
			{"the line whole", "f-" + name, strings.Replace(text(70), ".0.1", ".0.253", 1), 11},
			{"the same again", "g-" + name, strings.Replace(text(70), ".0.1", ".0.253", 1), 0},
			{"cut in a line once more", "f-" + name, strings.Replace(text(75), ".0.1", ".0.253", 1)[:len(text(74))+40], 4},
			{"the line whole, compressed", "f-" + name + ".gz", strings.Replace(text(80), ".0.1", ".0.253", 1), 6},
			{"without the end of the last line", "h-" + name, strings.TrimSuffix(strings.Replace(text(20), ".0.1", ".0.254", 1), "\n"), 20},
			{"with it and more", "i-" + name, strings.Replace(text(25), ".0.1", ".0.254", 1), 5},
		}
		t.Run(name, func(t *testing.T) {
			dir, store := t.TempDir(), newLedgers()
			for _, step := range steps {
				path := filepath.Join(dir, step.name)
				content := []byte(step.read)
				if strings.HasSuffix(step.name, ".gz") {
					content = gzipped(t, content)
				}
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				if good, rejected := store.accounts(t, path); good != step.want || rejected > 2 {
					t.Errorf("%s: %d records and %d rejects, want %d", step.what, good, rejected, step.want)
				}
			}
		})
	}
}

// dying is a store that is gone after some ranges: the last one is begun only.
type dying struct {
	*ledgers
	left atomic.Int64
}

var errDied = errors.New("killed")

func (d *dying) Write(ctx context.Context, b load.Batch) error {
	switch left := d.left.Add(-1); {
	case b.Partition < 0 && left >= 0:
		d.left.Add(1) // a note
	case left < 0:
		return errDied
	case left == 0:
		l := d.of(b.Source)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.source = b.Source
		l.intended[key{b.Partition, position.Range{First: b.First, Next: b.Next}}] = b.Window
		return errDied
	}
	return d.ledgers.Write(ctx, b)
}

// TestKilledAndGrown ends the reading of a log after some of its ranges, each time another one, has it
// grow and sometimes renamed, and reads on: every record once, and every range that was begun is finished.
func TestKilledAndGrown(t *testing.T) {
	for name, text := range logs {
		for after := range int64(5) {
			t.Run(fmt.Sprint(name, " ", after), func(t *testing.T) {
				dir, store := t.TempDir(), newLedgers()
				path := filepath.Join(dir, name)
				write := func(n int) {
					if err := os.WriteFile(path, []byte(text(n)), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				die := func(n int) {
					write(n)
					o := options(t, store, memory.DefaultAllocator)
					d := &dying{ledgers: store}
					d.left.Store(after + 1)
					o.Store, o.BlockRecords, o.BlockBytes = d, 50, 4096
					p, err := New(o)
					if err != nil {
						t.Fatal(err)
					}
					defer p.Close()
					if err := p.Files(context.Background(), []files.File{{Path: path}}, FileOptions{}); !errors.Is(err, errDied) {
						t.Fatalf("%d records: %v", n, err)
					}
				}
				die(300)
				if after%2 == 1 {
					path += ".1"
				}
				die(900)
				write(1000)
				store.accounts(t, path)
				if good, rejected := store.accounts(t, path); good+rejected != 0 {
					t.Errorf("%d records and %d rejects are read once more", good, rejected)
				}
				total := uint64(0)
				for source, l := range store.bySource {
					in, inUsage := l.totals()
					if total += in; in != inUsage {
						t.Errorf("%s: %d records in and %d in usage", source, in, inUsage)
					}
					for r := range l.intended {
						if _, done := l.done[r]; !done {
							t.Errorf("%s: range %v was begun and is not finished", source, r)
						}
					}
				}
				if total != 1000 {
					t.Errorf("%d records are in the store, want 1000", total)
				}
			})
		}
	}
}

// TestGrownAtAQuestion has a file end between a question and its answer: what is read later is what
// comes later, whatever waited for something at the end.
func TestGrownAtAQuestion(t *testing.T) {
	question := func(id int, kind string) string {
		return fmt.Sprintf(`{"timestamp":"2023-11-14T22:13:20.%06d+0000","event_type":"dns","src_ip":"10.0.0.1","src_port":%d,"dest_ip":"10.9.9.9","dest_port":53,"proto":"UDP","dns":{"version":2,"type":"%s","id":%d,"rrname":"n%d.example.com","rrtype":"A"}}`+"\n",
			id, 4000+id, kind, id, id)
	}
	dir, store := t.TempDir(), newLedgers()
	path := filepath.Join(dir, "eve.json")
	first := question(1, "query") + question(2, "query")
	rest := question(3, "query") + question(3, "answer") + question(1, "answer") + question(4, "query") + question(4, "answer") + question(2, "answer")
	for i, read := range []struct {
		text string
		want int64
	}{{first, 2}, {first + rest, 2}, {first + rest, 0}} {
		if err := os.WriteFile(path, []byte(read.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if good, rejected := store.accounts(t, path); good != read.want || rejected != 0 {
			t.Errorf("reading %d: %d look-ups and %d rejects, want %d", i, good, rejected, read.want)
		}
	}
}

// TestGrownAndForgotten has records of both readings forgotten: they are read again, the others are not.
func TestGrownAndForgotten(t *testing.T) {
	for name, text := range logs {
		t.Run(name, func(t *testing.T) {
			dir, store := t.TempDir(), newLedgers()
			path := filepath.Join(dir, name)
			for _, n := range []int{100, 150} {
				if err := os.WriteFile(path, []byte(text(n)), 0o600); err != nil {
					t.Fatal(err)
				}
				store.accounts(t, path)
			}
			forgotten := uint64(0)
			for _, l := range store.bySource {
				for r, in := range l.done {
					if r.partition >= 0 && in > 0 && (r.First == 0 || r.partition == 0 && forgotten == 0) {
						forgotten += in
						delete(l.done, r)
						delete(l.intended, r)
					}
				}
				delete(l.done, key{load.PartitionComplete, position.Range{Next: 1}})
			}
			if good, _ := store.accounts(t, path); good != int64(forgotten) || good == 0 {
				t.Errorf("%d records read again, want %d", good, forgotten)
			}
		})
	}
}

// waiting is a store that takes nothing until it is let.
type waiting struct {
	*ledger
	begun chan struct{} // closed at the first write
	once  sync.Once
	let   chan struct{}
}

func (w *waiting) Write(ctx context.Context, b load.Batch) error {
	w.once.Do(func() { close(w.begun) })
	<-w.let
	return w.ledger.Write(ctx, b)
}

// TestCompressedWhileItWaits has a followed log compressed before anything of it is stored:
// the compressed one is the same log all the same.
func TestCompressedWhileItWaits(t *testing.T) {
	const records = 300
	dir := t.TempDir()
	log, packed := filepath.Join(dir, "flows.json"), filepath.Join(dir, "flows.json.1.gz")
	if err := os.WriteFile(log, []byte(flowLines(records)), 0o600); err != nil {
		t.Fatal(err)
	}
	store := &waiting{ledger: newLedger(), begun: make(chan struct{}), let: make(chan struct{})}
	p, err := New(options(t, store, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	var looked atomic.Int32 // at the compressed log
	ended := make(chan error)
	go func() {
		ended <- p.Follow(ctx, func() (list []files.File, err error) {
			for _, path := range []string{log, packed} {
				if _, err := os.Stat(path); err == nil {
					list = append(list, files.File{Path: path})
				}
			}
			if len(list) == 1 && list[0].Path == packed {
				looked.Add(1)
			}
			return list, nil
		}, FileOptions{})
	}()
	<-store.begun
	if err := os.WriteFile(packed, gzipped(t, []byte(flowLines(records))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil && looked.Load() < 5 { // one look a second; it is read once it is 2 s old
		time.Sleep(50 * time.Millisecond)
	}
	close(store.let)
	for ctx.Err() == nil && p.Stats().Stored.Load()+p.Stats().Folded.Load() < records {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(time.Second) // for what may come in addition
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err) // the store refuses a range that comes twice
	}
	if in, _ := store.totals(); in != records || p.Stats().In.Load() != records {
		t.Errorf("%d records stored of %d that were read, want %d", in, p.Stats().In.Load(), records)
	}
}
