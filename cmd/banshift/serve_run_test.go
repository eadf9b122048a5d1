package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestServeReadsToo has one program read what comes into a directory, serve the page of it, answer SQL of dashboards, and tell
// how it does; asked to stop, all of it ends with the run's account, and nothing is half done.
func TestServeReadsToo(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	telemetry, store := filepath.Join(dir, "telemetry"), filepath.Join(dir, "store")
	if err := os.Mkdir(telemetry, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_METRICS_LISTEN", "unix:"+filepath.Join(dir, "metrics.sock"))
	const records = 2000
	var lines [][]byte
	uniformFlows(t, records, 3, func(line []byte) { lines = append(lines, line) })
	text := append(bytes.Join(lines, []byte("\n")), '\n')
	size := len(text)
	if err := os.WriteFile(filepath.Join(telemetry, "flows.ndjson"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	var log logBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--store", store, "--listen", "127.0.0.1:0", "--sql", "127.0.0.1:0", "--run", telemetry}, strings.NewReader(""), io.Discard, &log)
	}()
	await := func(what string, ready func() bool) {
		t.Helper()
		for deadline := time.Now().Add(5 * time.Minute); !ready(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) || len(ended) > 0 {
				t.Fatalf("%s did not come: %s", what, log.String())
			}
		}
	}
	address := regexp.MustCompile(`serving (http://[0-9.:]+)(/\S+)`)
	await("the page's address", func() bool { return address.MatchString(log.String()) })
	at := address.FindStringSubmatch(log.String())
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	get := func(client *http.Client, url string) (int, string) {
		t.Helper()
		answer, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	if code, _ := get(browser, at[1]+at[2]); code != http.StatusOK {
		t.Fatalf("the page: status %d", code)
	}
	stored := func() bool {
		n, ok := storedRecords(store)
		return ok && n == records
	}
	await("the file", stored)
	code, body := get(browser, at[1]+"/api/places")
	if code != http.StatusOK || !json.Valid([]byte(body)) {
		t.Errorf("the places by the page: %d %.300s", code, body)
	}
	opened := regexp.MustCompile(`SQL for dashboards at (http://[0-9.:]+/), database banshift, user (\w+), the password (\w+)\n`).FindStringSubmatch(log.String())
	if opened == nil {
		t.Fatalf("it does not say where dashboards ask: %s", log.String())
	}
	for _, c := range []struct{ password, statement, want string }{
		{opened[3], "SELECT sum(flow_records) FROM coverage", fmt.Sprint(records, "\n")}, // what the run has stored
		{opened[3] + "x", "SELECT 7", "Code: 516."},
	} {
		r, err := http.NewRequest(http.MethodPost, opened[1], strings.NewReader(c.statement))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(opened[2], c.password)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || !strings.HasPrefix(string(text), c.want) {
			t.Errorf("a dashboard: %q, %v, want %q", text, err, c.want)
		}
	}
	socket := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "metrics.sock"))
	}}}
	for _, line := range []string{
		`banshift_records_total{outcome="folded"} `, `banshift_queued_ranges 0`,
		`banshift_sql_statements_total{outcome="answered"} 1`, `banshift_sql_statements_total{outcome="refused"} 1`,
		fmt.Sprintf(`banshift_read_bytes_total{from="files"} %d`, size), `banshift_read_bytes_total{from="kafka"} 0`,
	} {
		await(line, func() bool {
			_, metrics := get(socket, "http://localhost/metrics")
			return strings.Contains(metrics, line)
		})
	}
	interrupt()
	if code := <-ended; code != exitDone || !strings.Contains(log.String(), "in 2,000 =") {
		t.Errorf("stopped: exit code %d: %s", code, log.String())
	}
	http.DefaultClient.CloseIdleConnections()
	socket.CloseIdleConnections()
	for _, gone := range []func() (*http.Response, error){
		func() (*http.Response, error) { return browser.Get(at[1]) },
		func() (*http.Response, error) { return http.Get(opened[1]) },
		func() (*http.Response, error) { return socket.Get("http://localhost/healthz") },
	} {
		if answer, err := gone(); err == nil {
			answer.Body.Close()
			t.Errorf("%s still answers", answer.Request.URL)
		}
	}
	execute(t, "", "reconcile", "--store", store).must(t)

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	r := execute(t, "", "serve", "--store", store, "--listen", taken.Addr().String(), "--run", telemetry)
	if r.code != exitFailed || !strings.Contains(r.errOut, "--listen") {
		t.Errorf("where somebody else listens: exit code %d: %s", r.code, r.errOut)
	}
	if r := execute(t, "", "serve", "--store", store, "--listen", "0.0.0.0:0", "--run", telemetry); r.code != exitMisused {
		t.Errorf("for everybody: exit code %d: %s", r.code, r.errOut)
	}
	r = execute(t, "", "serve", "--store", store, "--listen", "127.0.0.1:0", "--sql", taken.Addr().String())
	if r.code != exitFailed || !strings.Contains(r.errOut, "--sql") {
		t.Errorf("where somebody else answers SQL: exit code %d: %s", r.code, r.errOut)
	}
	if r := execute(t, "", "serve", "--store", store, "--watch"); r.code != exitMisused {
		t.Errorf("--watch without --run: exit code %d: %s", r.code, r.errOut)
	}
}
