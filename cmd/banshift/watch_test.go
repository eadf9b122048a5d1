package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/banshift/banshift/monitor"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/watch/deliver"
)

// banHours writes flows of clients of one country to a VPN's server: hours of them, with a daily course, and factor
// times as many from an hour on.
func banHours(start time.Time, from, to, ban int, factor float64) string {
	random := rand.New(rand.NewPCG(uint64(from), 15))
	var b strings.Builder
	for h := from; h < to; h++ {
		mean := 60 * math.Exp(.3*math.Sin(2*math.Pi*float64(h)/24))
		if h >= ban {
			mean *= factor
		}
		n := int(math.Round(mean + math.Sqrt(mean)*random.NormFloat64()))
		for i := range n + 100 {
			server, port := "192.0.2.10", 1194 // a listed server
			if i >= n {
				server, port = "203.0.113.80", 443 // clients that use nothing
			}
			ns := start.Add(time.Duration(h)*time.Hour+time.Duration(i)*time.Second).UnixNano() + int64(time.Minute)
			fmt.Fprintf(&b, `{"type":"NETFLOW_V9","sampler_address":"198.51.100.1","time_received_ns":%d,"sampling_rate":1,"time_flow_start_ns":%d,"time_flow_end_ns":%d,"bytes":120000,"packets":300,"src_addr":"198.18.%d.%d","dst_addr":%q,"proto":"UDP","src_port":%d,"dst_port":%d}`+"\n",
				ns+1e9, ns, ns+5e8, i>>8, i&255, server, 40000+i, port)
		}
	}
	return b.String()
}

// mailbox is an SMTP server that takes every message and keeps it.
type mailbox struct {
	listener net.Listener
	mu       sync.Mutex
	messages []string
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go m.talk(conn)
		}
	}()
	return m
}

func (m *mailbox) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	say := func(s string) { io.WriteString(conn, s+"\r\n") } //nolint:errcheck // the test sees that nothing came
	say("220 mailbox")
	var data strings.Builder
	inData := false
	for in.Scan() {
		line := in.Text()
		switch {
		case inData && line == ".":
			inData = false
			m.mu.Lock()
			m.messages = append(m.messages, data.String())
			m.mu.Unlock()
			say("250 taken")
		case inData:
			data.WriteString(line + "\n")
		case strings.HasPrefix(line, "DATA"):
			inData = true
			data.Reset()
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 mailbox")
		}
	}
}

func (m *mailbox) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.messages...)
}

// A ban at 14:00 UTC in a program that follows: by 17:00 there is an alarm in the feed, at the webhook, in the mailbox, from the
// command and on the page, each once.
func TestBanRaisesAlarm(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	var mu sync.Mutex
	var posted []deliver.Message
	refuse := true // the first time: it is told again
	webhook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m deliver.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if refuse {
			refuse = false
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		posted = append(posted, m)
	}))
	t.Cleanup(webhook.Close)
	box := newMailbox(t)
	put := putInto(t, dir)
	put("vpn.csv", "prefix_or_addr,port,proto,tool,service,category,kind,share,valid_from,valid_to\n192.0.2.10,1194,udp,openvpn,vpn-a,vpn,provider,1,,\n")
	put("networks.csv", "prefix,asn,country\n198.18.0.0/15,64500,ru\n")
	config := put("banshift.yaml", fmt.Sprintf(`
home: [198.18.0.0/15]
lists: [{path: vpn.csv, format: csv, as_of: 2018-03-18}]
networks: [{path: networks.csv}]
watch: {proposals: proposed}
events: events.yaml
smtp: {address: %q, from: banshift@example.org}
subscriptions:
  - {name: hook, webhook: %q, countries: [ru], kinds: [rise]}
  - {name: mail, email: [desk@example.org]}
  - {name: program, command: [sh, -c, "cat >> %s/told; echo >> %s/told"]}
  - {name: elsewhere, webhook: %q, countries: [by]}
  - {name: drops, webhook: %q, kinds: [drop, unblocking]}
`, box.listener.Addr(), webhook.URL, dir, dir, webhook.URL, webhook.URL))
	put("events.yaml", "events:\n  - {id: by-x-2018, country: by, target: X, target_type: messenger, kind: enforce, enforced_at: 2018-04-16, precision: day, tz: UTC, sources: [s], confidence: low}\n")
	start := time.Date(2018, 3, 18, 0, 0, 0, 0, time.UTC)
	ban := 29*24 + 14 // 16 April, 14:00
	put("logs/before.json", banHours(start, 0, ban-20, ban, 3))
	store, feed := filepath.Join(dir, "store"), filepath.Join(dir, "bans.atom")

	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	var log logBuffer
	ended := make(chan int, 1)
	go func() {
		var out strings.Builder
		ended <- run(ctx, []string{"run", "--follow", "--watch", "--config", config, "--store", store, filepath.Join(dir, "logs")}, strings.NewReader(""), &out, &log)
	}()
	defer func() {
		cancel()
		<-ended
		if t.Failed() {
			text := log.String()
			t.Log(text[max(0, len(text)-10_000):])
		}
	}()
	records := strings.Count(banHours(start, 0, ban-20, ban, 3), "\n")
	wait(ctx, t, "the hours before", func() bool { n, ok := storedRecords(store); return ok && n >= records })
	put("logs/ban.json", banHours(start, ban-20, ban+3, ban, 3)) // up to 17:00
	told := func() string { text, _ := os.ReadFile(filepath.Join(dir, "told")); return string(text) }
	wait(ctx, t, "the messages", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(posted) > 0 && len(box.all()) > 0 && told() != ""
	})
	execute(t, "", "watch", "--store", store, "--config", config, "--feed", feed).must(t)
	execute(t, "", "watch", "--store", store, "--config", config, "--feed", filepath.Join(dir, "bans.json")).must(t)
	cancel()
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d", code)
	}
	ended <- 0

	alarms := execute(t, "", "query", "alarms", "--store", store, "--output", "json").must(t).out
	var rows []struct {
		ID, Kind, Tool, Began, Raised, Within string
		Seen, Usual                           uint64
	}
	if err := json.Unmarshal([]byte(alarms), &rows); err != nil {
		t.Fatal(err)
	}
	whole := ""
	for _, r := range rows {
		if r.Kind != "rise" || !strings.HasPrefix(r.Began, "2018-04-16 14:00") || r.Raised > "2018-04-16 17:00:00" || r.Seen%20 != 0 || r.Usual%20 != 0 {
			t.Errorf("alarm %+v", r)
		}
		if r.Tool == "" {
			whole = r.ID
		} else if r.Within == "" {
			t.Errorf("alarm %+v is a part of none", r)
		}
	}
	if len(rows) != 2 || whole == "" {
		t.Fatalf("alarms: %s", alarms)
	}
	if len(posted) != 1 || len(posted[0].Alarms) != 1 || posted[0].Subscription != "hook" || posted[0].Alarms[0].ID != whole || posted[0].Alarms[0].About != "raised" {
		t.Errorf("posted %+v", posted)
	}
	if mails := box.all(); len(mails) != 1 || !strings.Contains(mails[0], "Subject: banshift: Use of circumvention tools in Russia rose") || !strings.Contains(mails[0], whole) {
		t.Errorf("mails %q", mails)
	}
	if strings.Count(told(), `"subscription"`) != 1 {
		t.Errorf("the command was told %s", told())
	}
	for _, path := range []string{feed, filepath.Join(dir, "bans.json")} {
		text, err := os.ReadFile(path)
		if err != nil || strings.Count(string(text), "urn:banshift:alarm:"+whole) != 1 {
			t.Errorf("%s: %v %s", path, err, text)
		}
	}
	page := servedText(t, config, store, "api/overview")
	if !strings.Contains(page, "alarm:"+whole) || !strings.Contains(page, "Use of circumvention tools in Russia rose") {
		t.Errorf("the page has no alarm: %.2000s", page)
	}
	proposed, err := events.Load(filepath.Join(dir, "proposed"))
	if err != nil || len(proposed) != 1 || proposed[0].Country != "ru" || proposed[0].EnforcedAt != "2018-04-16" {
		t.Errorf("proposed %+v, %v", proposed, err)
	}
	acknowledge(t, store, whole)
}

// acknowledge takes note of an alarm, and of one that there is not.
func acknowledge(t *testing.T, store, id string) {
	t.Helper()
	if got := execute(t, "", "watch", "ack", id, "--store", store).must(t); !strings.Contains(got.out, "acknowledged") {
		t.Errorf("%q", got.out)
	}
	if got := execute(t, "", "watch", "ack", "ru-none", "--store", store); got.code != exitMisused || !strings.Contains(got.errOut, "query alarms") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
	if got := execute(t, "", "query", "alarms", "--store", store, "--output", "json").must(t); strings.Count(got.out, `"acknowledged":null`) != 1 {
		t.Errorf("%s", got.out)
	}
	mine := filepath.Join(t.TempDir(), "mine.yaml")
	execute(t, "", "watch", "propose", id, "--store", store, "--out", mine).must(t)
	execute(t, "", "events", "check", mine).must(t)
}

// wait waits until something is so.
func wait(ctx context.Context, t *testing.T, what string, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not come", what)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func TestSubscriptionsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"subscriptions: [{webhook: 'https://example.org/x'}]":                              "name is missing",
		"subscriptions: [{name: a, webhook: 'http://example.org/secret'}]":                 "this machine only",
		"subscriptions: [{name: a}]":                                                       "webhook, email or command",
		"subscriptions: [{name: a, command: [x], kinds: [up]}]":                            "rise, drop or unblocking",
		"subscriptions: [{name: a, command: [x], countries: [RU]}]":                        "lower-case",
		"subscriptions: [{name: a, command: [x], quiet: '22-7'}]":                          "22:00-07:00",
		"subscriptions: [{name: a, command: [x], digest: 8}]":                              "08:30",
		"subscriptions: [{name: a, command: [x], time_zone: Nowhere}]":                     "Nowhere",
		"subscriptions: [{name: a, email: [x@example.org]}]":                               "host:port",
		"subscriptions: [{name: a, command: [x]}, {name: a, command: [x]}]":                "another one",
		"subscriptions: [{name: a, command: [x], country: [ru]}]":                          "country",
		"watch: {grace_minutes: -1}":                                                       "grace_minutes",
		"smtp: {address: 'localhost:25', from: a}\nsubscriptions: [{name: a, email: [b]}]": "no address",
	} {
		got := execute(t, "", "config", "print", "--config", writeConfig(t, text))
		if got.code != exitMisused || !strings.Contains(got.errOut, want) || strings.Contains(got.errOut, "secret") {
			t.Errorf("%s: exit code %d, %s", text, got.code, got.errOut)
		}
	}
	got := execute(t, "", "config", "print", "--config", writeConfig(t, "smtp: {password: hunter2}\nsubscriptions: [{name: a, networks: [64500], webhook: 'https://example.org/token'}]")).must(t)
	if strings.Contains(got.out, "hunter2") || strings.Contains(got.out, "token") || !strings.Contains(got.out, "64500") {
		t.Errorf("%s", got.out)
	}
}

// A program that only watches for changes answers how it does, doctor asks it, and no second one has its address.
func TestWatcherTellsHowItDoes(t *testing.T) {
	needEngine(t)
	dir, write := awayLog(t)
	write(200)
	store := filepath.Join(t.TempDir(), "store")
	execute(t, "", "run", "--store", store, dir).must(t)
	socket := "unix:" + filepath.Join(t.TempDir(), "s")
	t.Setenv("BANSHIFT_METRICS_LISTEN", socket)
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	var log logBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"watch", "--follow", "--store", store}, strings.NewReader(""), io.Discard, &log)
	}()
	metrics := ""
	wait(ctx, t, "a pass", func() bool {
		_, body, err := monitor.Ask(ctx, socket, "/metrics")
		metrics = string(body)
		return err == nil && strings.Contains(metrics, `banshift_stage_last_success_timestamp_seconds{stage="watch"}`) && strings.Contains(metrics, "banshift_store_bytes")
	})
	if !strings.Contains(metrics, `banshift_stage_stuck{stage="watch"} 0`) {
		t.Errorf("metrics: %s", metrics)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body, err := monitor.Ask(ctx, socket, path); err != nil || status != http.StatusOK {
			t.Errorf("%s: %d %s %v", path, status, body, err)
		}
	}
	if said := execute(t, "", "doctor", "--store", store); !strings.Contains(said.out, "ok    running alarms were judged ") {
		t.Errorf("doctor: %s", said.out)
	}
	if r := execute(t, "", "watch", "--follow", "--store", store); r.code != exitFailed || !strings.Contains(r.errOut, "each needs an address of its own") {
		t.Errorf("a second one: exit code %d: %s", r.code, r.errOut)
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("exit code %d: %s", code, log.String())
	}
	if _, _, err := monitor.Ask(t.Context(), socket, "/healthz"); err == nil {
		t.Error("it still answers")
	}
}
