package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/banshift/banshift/load/engine/servertest"
)

// A following program that is sent SIGHUP reads what comes then with the configuration of then, and the ledger says which range
// was read with which; one that cannot be used changes nothing.
func TestReload(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	put := putInto(t, dir)
	put("vpn.csv", "prefix_or_addr,port,proto,tool,service,category,kind,share,valid_from,valid_to\n192.0.2.10,1194,udp,openvpn,vpn-a,vpn,provider,1,,\n")
	config := put("banshift.yaml", "home: [198.18.0.0/15]\n")
	at := time.Date(2018, 4, 16, 10, 0, 0, 0, time.UTC)
	put("logs/one.json", listedFlows("192.0.2.10", at, 10))
	store := filepath.Join(dir, "store")
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	var log logBuffer
	ended := make(chan int, 1)
	go func() {
		var out strings.Builder
		ended <- run(ctx, []string{"run", "--follow", "--watch", "--config", config, "--store", store, filepath.Join(dir, "logs")}, strings.NewReader(""), &out, &log)
	}()
	stored := func(n int) {
		t.Helper()
		wait(ctx, t, "the records", func() bool { have, ok := storedRecords(store); return ok && have >= n })
	}
	reload := func(text, said string) {
		t.Helper()
		put("banshift.yaml", text)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		wait(ctx, t, said, func() bool { return strings.Contains(log.String(), said) })
	}
	stored(10)
	reload("home: [198.18.0.0/15]\nlists: [{path: nothing.csv}]\n", "that of before stays")
	reload("home: [198.18.0.0/15]\nsubscriptions: [{name: desk, kinds: [sideways], command: [/bin/true]}]\n", "sideways")
	put("logs/two.json", listedFlows("192.0.2.10", at.Add(time.Hour), 10))
	stored(20)
	reload("home: [198.18.0.0/15]\nlists: [{path: vpn.csv, format: csv, as_of: 2018-04-16}]\nanalysis: {seed: 7}\nsubscriptions: [{name: desk, command: [/bin/true]}]\n", "settings were changed that need a new start")
	put("logs/three.json", listedFlows("192.0.2.10", at.Add(2*time.Hour), 10))
	stored(30)
	cancel()
	if code := <-ended; code != exitDone {
		t.Fatalf("exit code %d: %s", code, log.String())
	}
	got := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT countIf(position(lists, 'vpn.csv') > 0), count() FROM ledger WHERE state = 'done' AND records_in > 0").must(t).out
	if !strings.HasSuffix(strings.TrimSpace(got), "1,3") {
		t.Errorf("ranges with the list, and all: %s", got)
	}
	levels := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT toHour(hour) AS h, any(level) FROM usage_named GROUP BY h ORDER BY h").must(t).out
	if strings.Count(levels, "likely") != 1 || !strings.Contains(levels, `12,"likely"`) {
		t.Errorf("levels by hour: %s", levels)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

// Who watches for alarms goes on with the subscriptions of the configuration that was read last; with one that cannot be
// used it stays as it was.
func TestSubscriptionsAreRenewed(t *testing.T) {
	dir := t.TempDir()
	put := putInto(t, dir)
	load := func(text string) Config {
		t.Helper()
		cfg, err := loadConfig(put("banshift.yaml", text), nil)
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	a := &app{cfg: load("home: [198.18.0.0/15]\n"), log: slog.New(slog.DiscardHandler)}
	w, err := a.watchers(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if first := <-w.next; len(first.Subscriptions) != 0 {
		t.Fatalf("at first: %+v", first.Subscriptions)
	}
	for _, name := range []string{"early", "late"} { // nobody takes the first
		use, err := w.renew(load("subscriptions: [{name: " + name + ", command: [/bin/true]}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		use()
	}
	wrong := load("subscriptions: [{name: none, command: [/bin/true]}]\n")
	wrong.Subscriptions[0].Kinds = []string{"sideways"}
	if _, err := w.renew(wrong); err == nil {
		t.Error("a subscription that cannot be used was taken")
	}
	next := <-w.next
	if len(next.Subscriptions) != 1 || next.Subscriptions[0].Name != "late" || len(w.next) != 0 {
		t.Errorf("then: %+v, %d more", next.Subscriptions, len(w.next))
	}
	before := load("subscriptions: [{name: one, command: [/bin/true]}]\n")
	after := load("events: mine\nsubscriptions: [{name: two, command: [/bin/true]}]\nsmtp: {address: \"localhost:25\", from: a@example.org}\n")
	if taken := reloaded(before, after); !reflect.DeepEqual(taken, after) {
		t.Errorf("taken over: %+v", taken)
	}
	other := load("retention: {flows_days: 10}\nmetrics: {listen: \"127.0.0.1:9464\"}\nsubscriptions: [{name: two, command: [/bin/true]}]\n")
	if got := strings.Join(changed(reloaded(before, other), other), " "); got != "retention metrics" {
		t.Errorf("need a new start: %q", got)
	}
}

// The page and who watches alone go on with the events and subscriptions of the configuration that was read last, too; both
// wait for their server at the start.
func TestPageAndWatchAreReloaded(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	put := putInto(t, dir)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	server := servertest.Start(t)
	store := server.DSN("banshift")
	server.Kill()
	config := put("banshift.yaml", "home: [198.18.0.0/15]\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	logs := map[string]*logBuffer{}
	ended := make(chan int, 2)
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"watch", "--follow"}} {
		log := &logBuffer{}
		logs[args[0]] = log
		go func() {
			ended <- run(ctx, append(args, "--config", config, "--store", store), strings.NewReader(""), io.Discard, log)
		}()
	}
	each := func(said string, times int) {
		t.Helper()
		for name, log := range logs {
			wait(ctx, t, name+": "+said, func() bool { return strings.Count(log.String(), said) >= times })
		}
	}
	each("waiting for it", 1)
	server.Restart()
	fetch := pageAt(t, logs["serve"])
	mine := "events: [{id: xx-mine, country: ru, target: Mine, target_type: vpn, kind: enforce, enforced_at: \"2018-04-16\", precision: day, tz: Europe/Moscow, sources: [a], confidence: low}]\n"
	if strings.Contains(string(fetch("/api/events?country=ru")), "xx-mine") {
		t.Fatal("the event is there before")
	}
	reload := func(text string) {
		t.Helper()
		put("banshift.yaml", text)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	put("mine.yaml", mine)
	reload("home: [198.18.0.0/15]\nevents: mine.yaml\n")
	each("the configuration was read again", 1)
	if got := string(fetch("/api/events?country=ru")); !strings.Contains(got, "xx-mine") {
		t.Errorf("the event is not on the page: %.500s", got)
	}
	reload("home: [198.18.0.0/15]\nevents: nothing.yaml\n")
	each("that of before stays", 1)
	if got := string(fetch("/api/events?country=ru")); !strings.Contains(got, "xx-mine") {
		t.Errorf("the event is on the page no more: %.500s", got)
	}
	stop()
	for range logs {
		if code := <-ended; code != exitDone {
			t.Errorf("exit code %d", code)
		}
	}
}
