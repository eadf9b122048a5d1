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
	program := os.Getenv("BANSHIFT_PROGRAM")
	if program == "" {
		b.Skip("BANSHIFT_PROGRAM is not set; run make bench")
	}
	for _, records := range []int{1_000_000, 5_000_000} {
		b.Run(strconv.Itoa(records), func(b *testing.B) { compareNDJSON(b, program, records) })
	}
}

const benchRuns = 3

func compareNDJSON(b *testing.B, program string, records int) {
	ctx := context.Background()
	dir := b.TempDir()
	telemetry := filepath.Join(dir, "telemetry")
	measure(b, program, "simulate", "--scenario", "uniform", "--records", strconv.Itoa(records), "--out", telemetry)
	e, err := engine.Start(ctx, filepath.Join(dir, "engine"), engine.Options{MemoryMegabytes: 4096, Native: true})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	conn := e.Conn()
	b.Setenv("BANSHIFT_STORE_PASSWORD", conn.Password)
	b.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	address := func(database string) string {
		return fmt.Sprintf("clickhouse://%s@%s:%d/%s?http_port=%d", conn.User, conn.Host, conn.TCPPort, database, conn.HTTPPort)
	}
	store, err := load.Open(ctx, address("bench"), load.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	preparePeer(ctx, b, store, conn, dir)
	file := filepath.Join(telemetry, "flows", "uniform.ndjson")
	var peer, own, whole []float64
	var memory int64
	for b.Loop() {
		for i := range benchRuns {
			exec := func(sql string) {
				if err := store.Conn().Exec(ctx, sql); err != nil {
					b.Fatal(err)
				}
			}
			exec("TRUNCATE TABLE bench.flows")
			began := time.Now()
			exec(fmt.Sprintf(engineSQL, file))
			peer = append(peer, time.Since(began).Seconds())

			to := address(fmt.Sprintf("run%d_%d", records, i))
			measure(b, program, "migrate", "--store", to) // the engine's side has its table, too
			began = time.Now()
			peak, stderr := measure(b, program, "run", "--config", filepath.Join(telemetry, "banshift.yaml"), "--store", to, file)
			whole = append(whole, time.Since(began).Seconds())
			own = append(own, reportedSeconds(b, stderr, records))
			memory = max(memory, peak)
		}
	}
	b.ReportMetric(0, "ns/op")
	rate := func(seconds []float64) float64 { return float64(records) / middle(seconds) }
	b.ReportMetric(rate(peer), "engine-records/s")
	b.ReportMetric(rate(whole), "run-records/s")
	b.ReportMetric(rate(whole)/rate(peer), "ratio")
	b.ReportMetric(float64(memory)/1024, "peak-MB")
	b.Logf("%d records: engine SQL %.2f s (%.2f to %.2f), whole command %.2f s (%.2f to %.2f), inside it reading to stored %.2f s",
		records, middle(peer), slices.Min(peer), slices.Max(peer), middle(whole), slices.Min(whole), slices.Max(whole), middle(own))
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

// measure runs the program to its end and gives its own peak memory in KB and its log.
func measure(b *testing.B, program string, args ...string) (peakKB int64, stderr string) {
	b.Helper()
	cmd := exec.Command(program, args...)
	var log strings.Builder
	cmd.Stderr = &log
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
			return peakKB, log.String()
		case <-time.After(20 * time.Millisecond):
			peakKB = max(peakKB, highWater(cmd.Process.Pid))
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
