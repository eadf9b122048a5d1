package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load/engine"
)

const goodLine = `{"type":"NETFLOW_V9","time_received_ns":1523836801000000000,"sampling_rate":1,"time_flow_start_ns":1523836800000000000,"time_flow_end_ns":1523836800500000000,"bytes":1200,"packets":3,"src_addr":"198.18.0.1","dst_addr":"192.0.2.10","proto":"UDP","src_port":40000,"dst_port":1194}` + "\n"

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// varied are many good lines that do not compress into nothing.
func varied(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(goodLine, `"src_port":40000`, fmt.Sprintf(`"src_port":%d`, 1024+i*7919%60000), 1))
	}
	return b.String()
}

// closedPort gives a loopback address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestBadInputIsOneClearLine gives every command line something that cannot work: the
// error must say what and where, in one line, with exit code 1 or 2.
func TestBadInputIsOneClearLine(t *testing.T) {
	needEngine(t)
	withKey(t, filepath.Join(t.TempDir(), "master.key")) // one store, one key
	store := filepath.Join(t.TempDir(), "store")
	compressed := gzipped(t, varied(2000))
	tests := []struct {
		name string
		args []string
		code int
		want []string // all in the error
	}{
		{"garbage", []string{"run", write(t, "garbage.bin", "\x00\x01\x02nothing that anybody wrote\xff\xfe")}, exitFailed, []string{"garbage.bin", "not recognised", "--format"}},
		{"cut in the middle", []string{"run", write(t, "cut.ndjson.gz", compressed[:len(compressed)*2/3])}, exitFailed, []string{"cut.ndjson.gz", "cannot be read behind byte"}},
		{"cut capture", []string{"run", write(t, "cut.pcap", "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00\x01\x00")}, exitFailed, []string{"cut.pcap", "byte"}},
		{"wrong format", []string{"run", "--format", "parquet", write(t, "flows.ndjson", goodLine)}, exitFailed, []string{"flows.ndjson", "arquet"}},
		{"unknown format", []string{"run", "--format", "netfloww", write(t, "flows.ndjson", goodLine)}, exitMisused, []string{"netfloww", "goflow2-json"}},
		{"empty", []string{"run", write(t, "empty.ndjson", "")}, exitFailed, []string{"empty.ndjson", "is empty"}},
		{"directory without files", []string{"run", t.TempDir()}, exitFailed, []string{"has no files"}},
		{"missing file", []string{"run", "no-such-file.ndjson"}, exitFailed, []string{"no-such-file.ndjson", "no such file"}},
		{"no source", []string{"run"}, exitMisused, []string{"--help"}},
		{"follow standard input", []string{"run", "--follow", "-"}, exitMisused, []string{"--follow", "standard input"}},
		{"unreachable broker", []string{"run", "kafka://" + closedPort(t) + "/flows?format=goflow2-json"}, exitFailed, []string{"127.0.0.1:", "refused"}},
		{"unknown key", []string{"run", "--config", write(t, "b.yaml", "ingest:\n  batch_rows: 3\n"), write(t, "flows.ndjson", goodLine)}, exitMisused, []string{"batch_rows", "b.yaml"}},
		{"missing configuration", []string{"run", "--config", "no.yaml", write(t, "flows.ndjson", goodLine)}, exitMisused, []string{"no.yaml"}},
		{"missing list", []string{"run", "--config", write(t, "l.yaml", "lists:\n- path: gone.csv\n  kind: vpn\n"), write(t, "flows.ndjson", goodLine)}, exitFailed, []string{"gone.csv"}},
		{"bad home prefix", []string{"run", "--config", write(t, "h.yaml", "home: [10.0.0.0]\n"), write(t, "flows.ndjson", goodLine)}, exitMisused, []string{"10.0.0.0"}},
		{"unreachable store", []string{"query", "--store", "clickhouse://" + closedPort(t) + "/db", "use_by_tool_day"}, exitFailed, []string{"127.0.0.1:", "refused"}},
		{"unknown query", []string{"query", "no_such_query"}, exitMisused, []string{"no_such_query"}},
		{"unknown command", []string{"runn"}, exitMisused, []string{"runn"}},
		{"unknown flag", []string{"run", "--folow"}, exitMisused, []string{"--folow"}},
		{"unknown event", []string{"report", "no-such-event"}, exitMisused, []string{"no-such-event"}},
		{"no series", []string{"analyze", "--series", "gone.csv"}, exitFailed, []string{"gone.csv"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			if !strings.Contains(strings.Join(args, " "), "--store") {
				args = append(args, "--store", store)
			}
			got := execute(t, "", args...)
			lines := strings.Split(strings.TrimSpace(got.errOut), "\n")
			last := lines[len(lines)-1]
			if got.code != test.code {
				t.Errorf("exit code %d, want %d: %s", got.code, test.code, got.errOut)
			}
			for _, want := range test.want {
				if !strings.Contains(last, want) {
					t.Errorf("%q does not say %q", last, want)
				}
			}
		})
	}
}

// TestCutFileKeepsWhatCanBeRead counts the records before the cut and one reject for
// the rest, and the accounts still add up.
func TestCutFileKeepsWhatCanBeRead(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	compressed := gzipped(t, varied(20000))
	got := execute(t, "", "run", "--store", store, write(t, "cut.ndjson.gz", compressed[:len(compressed)*2/3]))
	if got.code != exitFailed || !strings.Contains(got.errOut, "rest of the file unreadable") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
	rows := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT sum(records) > 5000 AS most FROM usage").must(t)
	if !strings.Contains(rows.out, "1") && !strings.Contains(rows.out, "true") {
		t.Errorf("what came before the cut is not in the store: %s", rows.out)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

// TestWrongPassword opens an engine by its address with a password that is not its own.
func TestWrongPassword(t *testing.T) {
	needEngine(t)
	e, err := engine.Start(context.Background(), filepath.Join(t.TempDir(), "store"), engine.Options{Native: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	conn := e.Conn()
	t.Setenv("BANSHIFT_STORE_PASSWORD", "wrong-on-purpose")
	got := execute(t, "", "query", "--store", fmt.Sprintf("clickhouse://%s@127.0.0.1:%d/banshift?http_port=%d", conn.User, conn.TCPPort, conn.HTTPPort), "sources")
	if got.code != exitFailed || !strings.Contains(got.errOut, "assword") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
	if strings.Contains(got.errOut, "wrong-on-purpose") {
		t.Error("the error shows the password")
	}
}

// TestSecondRunChangesNothing reads the same file twice, the second time under another name.
func TestSecondRunChangesNothing(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	first := write(t, "flows.ndjson", varied(500))
	execute(t, "", "run", "--store", store, first).must(t)
	again := execute(t, "", "run", "--store", store, first).must(t)
	if !strings.Contains(again.errOut, "in 0 =") || !strings.Contains(again.errOut, "known already") {
		t.Errorf("the second run read again: %s", again.errOut)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

// TestRejectsDecideTheExitCode uses --max-rejects.
func TestRejectsDecideTheExitCode(t *testing.T) {
	needEngine(t)
	file := write(t, "flows.ndjson", goodLine+"{\"src_addr\":12\n"+goodLine)
	for limit, want := range map[string]int{"-1": exitDone, "0": exitRejects, "1": exitDone} {
		store := filepath.Join(t.TempDir(), "store")
		if got := execute(t, "", "run", "--max-rejects", limit, "--store", store, file); got.code != want {
			t.Errorf("--max-rejects %s: exit code %d, want %d: %s", limit, got.code, want, got.errOut)
		}
	}
}

// TestStdin reads records from standard input.
func TestStdin(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	got := execute(t, varied(50), "run", "--store", store, "-").must(t)
	if !strings.Contains(got.errOut, "in 50 =") {
		t.Errorf("got %s", got.errOut)
	}
}

// TestMisspeltStore must not make a new store for a command that only reads.
func TestMisspeltStore(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "stor")
	for _, args := range [][]string{{"query", "sources"}, {"sql", "SELECT 1"}, {"reconcile"}, {"spikes"}} {
		got := execute(t, "", append(args, "--store", store)...)
		if got.code != exitFailed || !strings.Contains(got.errOut, "no such directory") {
			t.Errorf("%v: exit code %d: %s", args, got.code, got.errOut)
		}
	}
	if _, err := os.Stat(store); err == nil {
		t.Error("a store was made")
	}
}

// TestStoreBelowTheSource reads a directory that holds the store itself.
func TestStoreBelowTheSource(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "flows.ndjson"), []byte(varied(10)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"in 10 =", "in 0 ="} {
		got := execute(t, "", "run", "--store", filepath.Join(dir, "store"), dir).must(t)
		if !strings.Contains(got.errOut, want) || strings.Contains(got.errOut, "file left") {
			t.Errorf("got %s", got.errOut)
		}
	}
	keys := execute(t, "", "sql", "--store", filepath.Join(dir, "store"), "--output", "csv", "SELECT uniqExact(key_id) = 1 AND any(length(key_id)) = 16 FROM batches WHERE records_in > 0").must(t)
	if !strings.Contains(keys.out, "1") && !strings.Contains(keys.out, "true") {
		t.Errorf("the ledger does not name the key: %s", keys.out)
	}
}

// TestDirectoryWithStrangers leaves files of no known format and says so.
func TestDirectoryWithStrangers(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"flows.ndjson": varied(10), "notes.txt": "hello", ".hidden": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), dir).must(t)
	if !strings.Contains(got.errOut, "in 10 =") || !strings.Contains(got.errOut, "1 files of no known format") {
		t.Errorf("got %s", got.errOut)
	}
}
