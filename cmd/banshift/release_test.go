package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/banshift/banshift/study/account"
)

// TestRelease makes the data set of the demo's ban: figures come from the released tables alone, no count is exact or of
// few, and the audit passes.
func TestRelease(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "keys", "master.key"))
	execute(t, "", "demo", "--out", filepath.Join(dir, "demo"), "--scale", "0.1").must(t)
	store, config := filepath.Join(dir, "demo", "store"), filepath.Join(dir, "demo", "telemetry", "banshift.yaml")
	release := func(name, out string, more ...string) result {
		t.Helper()
		return execute(t, "", append([]string{"--config", config, "release", name, "--store", store, "--out", filepath.Join(dir, out)}, more...)...)
	}
	release(demoEvent, "plain").must(t)
	execute(t, "", "privacy", "audit", "--k", "20", filepath.Join(dir, "plain")).must(t)
	values := map[string]float64{}
	for _, row := range csvRows(t, filepath.Join(dir, "plain", "daily_series.csv")) {
		clients, err := strconv.Atoi(row["clients"])
		if err != nil || clients%20 != 0 {
			t.Errorf("%v: %v", row, err)
		}
		if row["country"] == "ru" {
			values[row["day"]] = float64(clients)
		}
	}
	merged := 0
	for _, row := range csvRows(t, filepath.Join(dir, "plain", "use_by_tool_day.csv")) {
		if row["tool"] == "any" {
			merged++
			if row["flows"] != `\N` || row["bytes"] != `\N` {
				t.Errorf("the merged row is %v", row)
			}
		}
	}
	if merged == 0 {
		t.Error("no tool was merged into its category")
	}
	text, err := os.ReadFile(filepath.Join(dir, "plain", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report account.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	drawn := 0
	for i, day := range report.Main.Series.Times {
		if y := float64(report.Main.Series.Lines[0].Values[i]); report.Main.Series.Lines[0].Values[i].Known() {
			drawn++
			if y != values[day.Format("2006-01-02")] {
				t.Errorf("the report has %g on %s, the table %g", y, day, values[day.Format("2006-01-02")])
			}
		}
	}
	if drawn == 0 {
		t.Error("the report draws nothing")
	}
	if said := release(demoEvent, "plain"); said.code != exitMisused {
		t.Errorf("a directory is written over: %d %s", said.code, said.errOut)
	}
	release(demoEvent, "noised", "--epsilon", "0.5").must(t)
	release(demoEvent, "again", "--epsilon", "0.5").must(t)
	for _, name := range []string{"daily_series.csv", "use_by_network_day.csv"} {
		a, errA := os.ReadFile(filepath.Join(dir, "noised", name))
		b, errB := os.ReadFile(filepath.Join(dir, "again", name))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s: asked again it is another: %v %v", name, errA, errB)
		}
	}
	if said := release("circumvention_share", "more", "--epsilon", "0.6"); said.code != exitFailed || !strings.Contains(said.errOut, "is spent") {
		t.Errorf("%d %s", said.code, said.errOut)
	}
	release("circumvention_share", "share", "--param", "country=ru").must(t)
	if said := release("no_such", "none"); said.code != exitMisused {
		t.Errorf("%d %s", said.code, said.errOut)
	}
	publicReport(t, config, store, report)
	publicPage(t, config, store)
	if left, err := filepath.Glob(filepath.Join(dir, ".release-*")); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// publicReport: report --public has the figures of the released data set.
func publicReport(t *testing.T, config, store string, released account.Report) {
	t.Helper()
	said := execute(t, "", "--config", config, "report", demoEvent, "--store", store, "--public", "--json").must(t)
	var public account.Report
	if err := json.Unmarshal([]byte(said.out), &public); err != nil {
		t.Fatal(err)
	}
	if public.Headline.EffectPct != released.Headline.EffectPct || public.Headline.Interval != released.Headline.Interval {
		t.Errorf("the public report has %v, the data set %v", public.Headline, released.Headline)
	}
}

// page starts the page with more arguments, gives what fetches a path of it, and what ends it.
func page(t *testing.T, arguments ...string) (get func(path string) []byte, end func()) {
	t.Helper()
	host := ""
	if slices.Contains(arguments, "--public") {
		host = "bans.example.org"
	}
	address, end := served(t, arguments...)
	return visit(t, t.Context(), address, host), end
}

var servedAt = regexp.MustCompile(`serving (\S+)`)

// served starts the page with more arguments, and gives the address that it prints and what ends it.
func served(t *testing.T, arguments ...string) (address string, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said, printed := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, arguments...), nil, io.Discard, printed)
		printed.Close()
	}()
	for lines := bufio.NewScanner(said); address == "" && lines.Scan(); {
		if found := servedAt.FindStringSubmatch(lines.Text()); found != nil {
			address = found[1]
		}
	}
	go io.Copy(io.Discard, said) //nolint:errcheck // the log
	end = func() {
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("serve: exit code %d", code)
		}
	}
	if address == "" {
		end()
		t.Fatal("serve gave no address")
	}
	return address, end
}

// visit opens the page at the address that it printed, where a token becomes a cookie, and gives what fetches a path of it, by
// another name of its host if one is given.
func visit(t *testing.T, ctx context.Context, address, host string) func(path string) []byte {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	fetch := func(path string) []byte {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Scheme+"://"+at.Host+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s %v", path, answer.Status, body, err)
		}
		return body
	}
	fetch(at.Path)
	return fetch
}

// publicPage: what serve --public answers, to whatever name it is asked by, has no exact count.
func publicPage(t *testing.T, config, store string) {
	t.Helper()
	get, end := page(t, "--config", config, "--public", "--store", store)
	defer end()
	counts := 0
	for _, path := range []string{"/api/daily?country=ru", "/api/daily?country=ru&tool=wireguard", "/api/tools?country=ru", "/api/unknown?country=ru", "/api/tools?country=ru&from=2018-04-16&to=2018-04-16"} {
		var rows []map[string]any
		if err := json.Unmarshal(get(path), &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, name := range []string{"clients", "all_clients"} {
				if n, ok := row[name].(float64); ok {
					counts++
					if int(n)%20 != 0 {
						t.Errorf("%s: %v", path, row)
					}
				}
			}
		}
	}
	if counts < 100 {
		t.Errorf("%d counts were looked at", counts)
	}
	for _, path := range []string{"/", "/api/overview", "/api/places", "/report/" + demoEvent} {
		get(path)
	}
}

// csvRows reads a CSV file.
func csvRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}
