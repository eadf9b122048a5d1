package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// commandLine runs one command line and gives its exit code and output.
func commandLine(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestBlocklistStats(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := write("2018-04-17.csv", "prefix,decree\n198.18.0.0/16,a\n198.18.1.0/24,b\n198.18.1.7/32,c\n198.18.0.0/16,d\nx,e\n")
	cloud := write("cloud.txt", "198.18.1.0/25\n")
	networks := write("networks.csv", "prefix,asn,country\n198.18.0.0/15,64500,zz\n198.18.1.0/24,64501,zz\n")
	config := write("banshift.yaml", "networks:\n  - {path: "+networks+"}\n")

	code, out, errOut := commandLine(t, "--config", config, "blocklist", "stats", list, "--overlap", "cloud="+cloud, "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var got blocklistCounts
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.AsOf != "2018-04-17" || got.Prefixes != 3 || got.Addresses != 1<<16+256+1 || got.AddressesDistinct != 1<<16 ||
		got.SingleAddresses != 1 || got.Rejects != 1 || got.Overlap["cloud"] != 128+128+1 || got.OverlapDistinct["cloud"] != 128 {
		t.Errorf("got %+v", got)
	}
	if want := map[string]uint64{"64500": 1<<16 - 256, "64501": 256}; !maps.Equal(got.ByNetwork, want) {
		t.Errorf("by network: %v, want %v", got.ByNetwork, want)
	}
}

func TestBlocklistErrors(t *testing.T) {
	nameless := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(nameless, []byte("198.18.0.0/16\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"format":       {[]string{"blocklist", "stats", "--format", "xml", nameless}, exitMisused, "--format"},
		"absent":       {[]string{"blocklist", "stats", nameless + "x"}, exitFailed, "no such file"},
		"empty":        {[]string{"blocklist", "stats", os.DevNull}, exitFailed, "no entry found"},
		"overlap":      {[]string{"blocklist", "stats", nameless, "--overlap", "x"}, exitMisused, "NAME=FILE"},
		"day":          {[]string{"blocklist", "stats", nameless, "--as-of", "May"}, exitMisused, "--as-of"},
		"without day":  {[]string{"blocklist", "import", nameless, "--name", "zz"}, exitMisused, "--as-of"},
		"without name": {[]string{"blocklist", "import", nameless}, exitMisused, "--name"},
		"no file":      {[]string{"blocklist", "stats"}, exitMisused, "requires at least 1 arg"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errOut := commandLine(t, c.args...)
			if code != c.code || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d, %q; want %d and %q", code, errOut, c.code, c.says)
			}
		})
	}
}

func TestSimulateCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if code, _, errOut := commandLine(t, "simulate", "--scenario", "uniform", "--records", "1000", "--out", dir); code != exitDone {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	data, err := os.ReadFile(filepath.Join(dir, "flows", "uniform.ndjson"))
	if err != nil || bytes.Count(data, []byte("\n")) != 1000 {
		t.Fatalf("%d lines, %v", bytes.Count(data, []byte("\n")), err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"in use":   {[]string{"simulate", "--out", dir}, exitFailed, "not empty"},
		"no out":   {[]string{"simulate"}, exitMisused, "--out"},
		"scenario": {[]string{"simulate", "--out", dir, "--scenario", "x"}, exitMisused, "telegram-2018"},
		"scale":    {[]string{"simulate", "--out", dir, "--scale", "0"}, exitMisused, "scale"},
		"records":  {[]string{"simulate", "--out", dir, "--records", "5"}, exitMisused, "scale"},
	} {
		if code, _, errOut := commandLine(t, c.args...); code != c.code || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: exit %d, %q; want %d and %q", name, code, errOut, c.code, c.says)
		}
	}
	if code, out, _ := commandLine(t, "simulate", "--list"); code != exitDone || !strings.Contains(out, "uniform\t") {
		t.Errorf("exit %d, list %q", code, out)
	}
}

// TestOverblocked has the names of 10 March 2021 (net4people/bbs issue 65): *t.co* was meant for
// Twitter's shortener.
func TestOverblocked(t *testing.T) {
	names := filepath.Join(t.TempDir(), "names.txt")
	if err := os.WriteFile(names, []byte("# seen\nt.co\na.t.co\nreddit.com\nMicrosoft.com\nrt.com\nwikipedia.org\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := runCommand(t, "blocklist", "overblocked", "t.co", "--names", names, "--json")
	var hit []askedName
	if err := json.Unmarshal([]byte(out), &hit); code != exitDone || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, errOut)
	}
	if want := []askedName{{"Microsoft.com", 0}, {"reddit.com", 0}, {"rt.com", 0}}; !slices.Equal(hit, want) {
		t.Errorf("hit %v, want %v", hit, want)
	}
	if code, _, _ := runCommand(t, "blocklist", "overblocked", "t.co", "--names", names+".none"); code != exitFailed {
		t.Errorf("a missing file: exit %d", code)
	}
}
