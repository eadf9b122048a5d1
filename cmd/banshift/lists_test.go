package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestListsAreFetchedAndLoaded(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "banshift.yaml")
	for name, text := range map[string]string{
		config:                        "lists_directory: lists\nlists: [{source: vpn.txt, kind: vpn}]\n",
		filepath.Join(dir, "vpn.txt"): "192.0.2.0/24\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, errOut := runCommand(t, "lists", "status", "--config", config); code == 0 || !strings.Contains(errOut, "lists update") {
		t.Errorf("before the first update: code %d, %q", code, errOut)
	}
	for _, verb := range []string{"update", "verify", "status"} {
		if code, out, errOut := runCommand(t, "lists", verb, "--config", config); code != 0 || !strings.Contains(out, "vpn.txt") {
			t.Errorf("%s: code %d, %q, %q", verb, code, out, errOut)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "lists", "vpn.txt"), []byte("198.51.100.0/24\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runCommand(t, "lists", "verify", "--config", config); code == 0 || !strings.Contains(errOut, "sha256") {
		t.Errorf("a changed list: code %d, %q", code, errOut)
	}
}

// listedFlows are flows of clients to a server at a time.
func listedFlows(server string, at time.Time, n int) string {
	var b strings.Builder
	for i := range n {
		ns := at.UnixNano() + int64(i)*1e6
		fmt.Fprintf(&b, `{"type":"NETFLOW_V9","time_received_ns":%d,"sampling_rate":1,"time_flow_start_ns":%d,"time_flow_end_ns":%d,"bytes":120000,"packets":300,"src_addr":"198.18.0.%d","dst_addr":%q,"proto":"UDP","src_port":%d,"dst_port":1194}`+"\n",
			ns+1e9, ns, ns+5e8, i+1, server, 40000+i)
	}
	return b.String()
}

// TestYesterdayIsNamedAfterTonightsUpdate reads logs of the days before an update of a list that
// no longer has the server, and counts what the list names.
func TestYesterdayIsNamedAfterTonightsUpdate(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_CONFIG", filepath.Join(dir, "banshift.yaml"))
	put := func(name, text string, written time.Time) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tonight := time.Now().UTC().Truncate(time.Second)
	day := func(ago int) time.Time { return tonight.AddDate(0, 0, -ago) }
	config := put("banshift.yaml", "lists_directory: kept\nlists: [{source: vpn.csv, format: csv}]\nhome: [198.18.0.0/15]\n", tonight)
	list := func(server string) string {
		return "prefix_or_addr,port,proto,tool,service,category,kind,share,valid_from,valid_to\n" + server + ",1194,udp,openvpn,vpn-a,vpn,provider,1,,\n"
	}
	for _, state := range []struct {
		server string
		ago    int
	}{{"192.0.2.10", 3}, {"192.0.2.20", 0}} {
		put("vpn.csv", list(state.server), day(state.ago))
		execute(t, "", "lists", "update", "--config", config).must(t)
	}
	named := func(name, flows string) (clients, said string) {
		t.Helper()
		store := filepath.Join(dir, name)
		said = execute(t, "", "run", "--config", config, "--store", store, put(name+".json", flows, tonight)).must(t).errOut
		out := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT uniqExact(client) FROM flows WHERE service = 'vpn-a' AND level IN ('likely', 'confirmed')").must(t).out
		return strings.TrimSpace(out[strings.Index(out, "\n"):]), said
	}
	for name, c := range map[string]struct {
		server string
		ago    int
		want   string
	}{
		"before":    {"192.0.2.10", 5, "9"},
		"yesterday": {"192.0.2.10", 1, "9"},
		"moved":     {"192.0.2.20", 1, "9"}, // nobody says that it was not there
		"gone":      {"192.0.2.10", -1, "0"},
	} {
		if got, _ := named(name, listedFlows(c.server, day(c.ago).Add(-time.Hour), 9)); got != c.want {
			t.Errorf("%s: %s clients, want %s", name, got, c.want)
		}
	}
	if got, said := named("long-before", listedFlows("192.0.2.10", day(20), 9)); got != "0" || !strings.Contains(said, "says nothing of the oldest records") {
		t.Errorf("of a later time: %s clients, %s", got, said)
	}
}

// TestStaleListsAreNamed reads flows with lists of a month and of a day before them: the verdict
// is that of the first day for a month, and then the run says why not.
func TestStaleListsAreNamed(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	flows := filepath.Join(dir, "flows.json")
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	if err := os.WriteFile(flows, []byte(listedFlows("192.0.2.10", at, 9)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vpn.csv"), []byte("prefix,port,proto,tool,service,category,kind\n192.0.2.10,1194,udp,openvpn,vpn-a,vpn,provider\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for age, want := range map[int]string{0: "likely", 8: "likely", 10: "likely", 30: "likely", 31: "possible"} {
		config := filepath.Join(dir, fmt.Sprintf("%d.yaml", age))
		text := fmt.Sprintf("home: [198.18.0.0/15]\nlists: [{path: vpn.csv, format: csv, as_of: %q}]\n", at.AddDate(0, 0, -age).Format(time.DateOnly))
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		store := filepath.Join(dir, fmt.Sprint(age))
		said := execute(t, "", "run", "--config", config, "--store", store, flows).must(t).errOut
		out := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT groupUniqArray(toString(level)) FROM flows").must(t).out
		if stale := strings.Contains(said, "lists are stale"); !strings.Contains(out, want) || stale != (age > freshDays) {
			t.Errorf("%d days: %s, stale %v, want %s", age, out, stale, want)
		}
	}
}

// TestUpdatedListsAreTakenOver updates the lists during a run.
func TestUpdatedListsAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "banshift.yaml")
	put := putInto(t, dir)
	put("banshift.yaml", "lists_directory: kept\nlists: [{source: vpn.txt, kind: vpn}]\nhome: [198.18.0.0/15]\n")
	update := func(text string) {
		put("vpn.txt", text)
		execute(t, "", "lists", "update", "--config", config).must(t)
	}
	update("192.0.2.1\n")
	cfg, err := loadConfig(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := loadStages(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a, now := &app{cfg: cfg, log: slog.New(slog.DiscardHandler)}, newCurrent(s)
	knows := func(addr string) bool {
		return now.stages.Load().enricher.Lists().Address(netip.MustParseAddr(addr)) != 0
	}
	if a.relist(now); now.generation.Load() != 0 {
		t.Error("lists that are the same are taken over")
	}
	update("192.0.2.2\n")
	if a.relist(now); now.generation.Load() != 1 || !knows("192.0.2.1") || !knows("192.0.2.2") {
		t.Errorf("generation %d after an update", now.generation.Load())
	}
	put("kept/manifest.json", "{")
	if a.relist(now); now.generation.Load() != 1 || !knows("192.0.2.2") {
		t.Error("lists that cannot be read are taken over")
	}
}

// TestChangedNetworksAreTakenOver changes a file of networks during a run: clients get their country
// from it, and one that cannot be read leaves what is there.
func TestChangedNetworksAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	put := putInto(t, dir)
	put("networks.csv", "prefix,asn,country\n198.18.0.0/24,64500,kz\n")
	cfg, err := loadConfig(put("banshift.yaml", "networks: [{path: networks.csv}]\nhome: [198.18.0.0/15]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := loadStages(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	a, now := &app{cfg: cfg, log: slog.New(slog.NewTextHandler(&said, nil))}, newCurrent(s)
	country := func(addr string) string {
		of, _ := now.stages.Load().gateOptions(nil).Locator.Locate(netip.MustParseAddr(addr))
		return of
	}
	put("networks.csv", "prefix,asn,country\n198.18.0.0/24,64500,kz\n198.18.1.0/24,64501,ru\n")
	if a.relist(now); now.generation.Load() != 1 || country("198.18.1.1") != "ru" || !strings.Contains(said.String(), "what is stored keeps the countries") {
		t.Errorf("generation %d, country %q, said %s", now.generation.Load(), country("198.18.1.1"), said.String())
	}
	put("networks.csv", "prefix,asn,country\n198.18.1.0/24,64501,rus\n")
	if a.relist(now); now.generation.Load() != 1 || country("198.18.1.1") != "ru" || !strings.Contains(said.String(), "cannot be read") {
		t.Errorf("generation %d, country %q, said %s", now.generation.Load(), country("198.18.1.1"), said.String())
	}
}
