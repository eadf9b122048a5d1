package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
)

// engineFields are what this program reads of a record, engineSelect is what a user would do
// with them without it: match ports and prefixes.
const (
	engineFields = `time_flow_start_ns UInt64, time_flow_end_ns UInt64, src_addr String, dst_addr String, src_port UInt16, dst_port UInt16,
	proto String, bytes UInt64, packets UInt64, tcp_flags UInt8, sampling_rate UInt64, sampler_address String, simulated Bool`
	engineSelect = `SELECT
	fromUnixTimestamp64Nano(toInt64(time_flow_start_ns)) AS start, fromUnixTimestamp64Nano(toInt64(time_flow_end_ns)) AS end,
	src_addr, dst_addr, src_port, dst_port, proto, bytes, packets, tcp_flags, sampling_rate, sampler_address AS exporter, simulated,
	multiIf(dst_port = 1194, 'openvpn', dst_port = 51820, 'wireguard', dst_port IN (500, 4500), 'ipsec', dst_port = 1701, 'l2tp',
		dst_port = 1723, 'pptp', dst_port = 9001, 'tor', dst_port = 1080, 'socks', dst_port = 853, 'dot', 'none') AS tool,
	dictGetOrDefault('bench.prefixes', 'service', toIPv4OrDefault(dst_addr), '') AS service`
)

// engineSQL has the engine read a file and store it, with two threads, as it takes by
// itself on two cores.
const engineSQL = "INSERT INTO bench.flows " + engineSelect + " FROM file('%s', JSONEachRow, '" + engineFields + "') SETTINGS input_format_skip_unknown_fields = 1"

// BenchmarkNDJSON compares "banshift run" with the engine's own SQL on the same
// records, against the same running engine, in turns. It reports records a second of
// both, the ratio, and the program's own peak memory. Run it by "make bench".
func BenchmarkNDJSON(b *testing.B) {
	for _, records := range []int{1_000_000, 5_000_000} {
		b.Run(strconv.Itoa(records), func(b *testing.B) {
			c := newContest(b, records)
			file := filepath.Join(c.telemetry, "flows", "uniform.ndjson")
			for b.Loop() {
				for range benchRuns {
					c.exec("TRUNCATE TABLE bench.flows")
					began := time.Now()
					c.exec(fmt.Sprintf(engineSQL, file))
					c.peer = append(c.peer, time.Since(began).Seconds())
					c.run(file)
				}
			}
			c.report("engine's own SQL")
			goal(b, "times as fast as the engine's own SQL", c.ratio(), 2)
		})
	}
}

// benchRuns is how often each side has its turn.
const benchRuns = 3

// contest has this program and the engine by itself store the same records in the same
// running engine, in turns, and notes what each takes.
type contest struct {
	b         *testing.B
	program   string
	telemetry string // what "banshift simulate" made
	records   int
	store     *load.Store
	conn      engine.Conn

	peer, whole, own []float64 // seconds; own: of the whole command, from reading to stored
	memory           int64     // the program's peak in KB
}

// newContest simulates the records and starts the engine, with all that its side needs.
func newContest(b *testing.B, records int) *contest {
	b.Helper()
	c := &contest{b: b, program: os.Getenv("BANSHIFT_PROGRAM"), records: records}
	if c.program == "" {
		b.Skip("BANSHIFT_PROGRAM is not set; run make bench")
	}
	ctx, dir := context.Background(), b.TempDir()
	// The engine's process reads no file outside its own.
	files := filepath.Join(dir, "engine", "engine", "user_files")
	if err := os.MkdirAll(files, 0o700); err != nil {
		b.Fatal(err)
	}
	c.telemetry = filepath.Join(files, "telemetry")
	measure(b, c.program, "simulate", "--scenario", "uniform", "--records", strconv.Itoa(records), "--out", c.telemetry)
	e, err := engine.Start(ctx, filepath.Join(dir, "engine"), engine.Options{MemoryMegabytes: 4096, Native: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	c.conn = e.Conn()
	b.Setenv("BANSHIFT_STORE_PASSWORD", c.conn.Password)
	b.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	if c.store, err = load.Open(ctx, c.address("bench"), load.Options{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.store.Close() })
	preparePeer(ctx, b, c.store, c.conn, files)
	return c
}

func (c *contest) address(database string) string {
	return fmt.Sprintf("clickhouse://%s@%s:%d/%s?http_port=%d", c.conn.User, c.conn.Host, c.conn.TCPPort, database, c.conn.HTTPPort)
}

func (c *contest) exec(sql string) {
	c.b.Helper()
	if err := c.store.Conn().Exec(context.Background(), sql); err != nil {
		c.b.Fatal(err)
	}
}

// run is a turn of this program. Tables are there before, as on the engine's side.
func (c *contest) run(source string) {
	c.b.Helper()
	to := c.address(fmt.Sprintf("run%d", len(c.whole)))
	measure(c.b, c.program, "migrate", "--store", to)
	t := measure(c.b, c.program, "run", "--config", filepath.Join(c.telemetry, "banshift.yaml"), "--store", to, source)
	c.whole = append(c.whole, t.seconds)
	c.own = append(c.own, reportedSeconds(c.b, t.stderr, c.records))
	c.memory = max(c.memory, t.peakKB)
}

// ratio is how many times as fast as the engine this program is, as a median of each.
func (c *contest) ratio() float64 { return middle(c.peer) / middle(c.whole) }

// goal prints whether a measured figure is at least what is wanted. It decides no test.
func goal(b *testing.B, what string, got, want float64) {
	b.Helper()
	verdict := "met"
	if got < want {
		verdict = "MISSED: docs/performance.md says where the time goes"
	}
	b.Logf("goal: %.1f %s; measured %.2f: %s", want, what, got, verdict)
}

func (c *contest) report(peer string) {
	rate := func(seconds []float64) float64 { return float64(c.records) / middle(seconds) }
	c.b.ReportMetric(0, "ns/op")
	c.b.ReportMetric(rate(c.peer), "engine-records/s")
	c.b.ReportMetric(rate(c.whole), "run-records/s")
	c.b.ReportMetric(c.ratio(), "ratio")
	c.b.ReportMetric(float64(c.memory)/1024, "peak-MB")
	c.b.Logf("%d records: %s %.2f s (%.2f to %.2f), whole command %.2f s (%.2f to %.2f), inside it reading to stored %.2f s", c.records, peer,
		middle(c.peer), slices.Min(c.peer), slices.Max(c.peer), middle(c.whole), slices.Min(c.whole), slices.Max(c.whole), middle(c.own))
}

// preparePeer makes the table and the dictionary of 50,000 prefixes.
func preparePeer(ctx context.Context, b *testing.B, store *load.Store, conn engine.Conn, dir string) {
	random := rand.New(rand.NewPCG(1, 2))
	var csv strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&csv, "%d.%d.%d.0/24,service-%d\n", 1+random.IntN(222), random.IntN(256), random.IntN(256), i%50)
	}
	path := filepath.Join(dir, "prefixes.csv")
	if err := os.WriteFile(path, []byte(csv.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		"CREATE TABLE bench.prefix_source (prefix String, service String) ENGINE = MergeTree ORDER BY prefix",
		fmt.Sprintf("INSERT INTO bench.prefix_source SELECT * FROM file('%s', CSV, 'prefix String, service String')", path),
		fmt.Sprintf("CREATE DICTIONARY bench.prefixes (prefix String, service String) PRIMARY KEY prefix SOURCE(CLICKHOUSE(USER '%s' PASSWORD '%s' QUERY 'SELECT prefix, any(service) AS service FROM bench.prefix_source GROUP BY prefix')) LAYOUT(IP_TRIE) LIFETIME(0)", conn.User, conn.Password),
		"SYSTEM RELOAD DICTIONARY bench.prefixes",
		`CREATE OR REPLACE TABLE bench.flows (start DateTime64(9), end DateTime64(9), src_addr String, dst_addr String, src_port UInt16, dst_port UInt16,
			proto LowCardinality(String), bytes UInt64, packets UInt64, tcp_flags UInt8, sampling_rate UInt64, exporter LowCardinality(String), simulated UInt8, tool LowCardinality(String), service LowCardinality(String)) ENGINE = MergeTree ORDER BY (tool, start)`,
	} {
		if err := store.Conn().Exec(ctx, sql); err != nil {
			b.Fatalf("prepare the peer: %v", err)
		}
	}
}

// taken is what a run of the program took.
type taken struct {
	peakKB  int64         // its own peak memory
	seconds float64       // on the wall
	cpu     time.Duration // of the processors, by its engine too where that is embedded
	stderr  string
}

// measure runs the program to its end.
func measure(b *testing.B, program string, args ...string) (t taken) {
	b.Helper()
	cmd := exec.Command(program, args...)
	var log strings.Builder
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v: %v: %s", args, err, log.String())
			}
			t.seconds, t.stderr = time.Since(began).Seconds(), log.String()
			t.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			return t
		case <-time.After(20 * time.Millisecond):
			t.peakKB = max(t.peakKB, highWater(cmd.Process.Pid))
		}
	}
}

var highWaterLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// highWater reads a process's peak resident memory in KB; 0 where it cannot be read.
func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	match := highWaterLine.FindSubmatch(status)
	if match == nil {
		return 0
	}
	kb, _ := strconv.ParseInt(string(match[1]), 10, 64)
	return kb
}

var secondsPart = regexp.MustCompile(`\((\d+\.\d) s`)

func reportedSeconds(b *testing.B, stderr string, records int) float64 {
	match := secondsPart.FindStringSubmatch(stderr)
	if match == nil || !strings.Contains(stderr, "in "+count(int64(records))+" =") {
		b.Fatalf("the run did not account for %d records: %s", records, stderr)
	}
	seconds, _ := strconv.ParseFloat(match[1], 64)
	return seconds
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
