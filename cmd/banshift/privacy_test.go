package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/audit"
)

// Every column of the named queries that counts clients is looked at.
func TestAuditKnowsCounts(t *testing.T) {
	all, err := queries.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		for _, c := range q.Columns {
			if _, known := audit.CountColumns[c.Name]; c.Role == queries.Clients && !known {
				t.Errorf("column %s of %s is not looked at", c.Name, q.Name)
			}
		}
	}
}

// A store that was filled with planted addresses in everything passes; what is planted
// where the gate does not stand is found.
func TestAuditOfAStore(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	key, store, log := filepath.Join(dir, "master.key"), filepath.Join(dir, "store"), filepath.Join(dir, "run.log")
	withKey(t, key)
	config := write(t, "b.yaml", "home: [198.51.100.0/24, '2001:db8::/32']\n")
	ran := execute(t, "", append([]string{"run", "--config", config, "--log-level", "debug", "--store", store}, plantedInputs(t)...)...).must(t)
	if err := os.WriteFile(log, []byte(ran.errOut), 0o600); err != nil {
		t.Fatal(err)
	}
	canaries := write(t, "canaries", planted[0].String()+"\n"+planted[1].String()+"\n")
	out := filepath.Join(dir, "out")
	execute(t, "", "export", "daily_series", "--store", store, "--out", out, "--param", "tool=").must(t)
	args := []string{"privacy", "audit", "--config", config, "--store", store, "--canaries", canaries}
	clean := execute(t, "", append(args, "--k", "0", log, out)...)
	if clean.code != exitDone {
		t.Errorf("exit code %d: %s%s", clean.code, clean.out, clean.errOut)
	}
	finds := func(what string, args ...string) {
		t.Helper()
		got := execute(t, "", args...)
		if got.code != exitFailed || !strings.Contains(got.out, what) {
			t.Errorf("%v: exit code %d: want %q: %s%s", args, got.code, what, got.out, got.errOut)
		}
		if strings.Contains(got.out+got.errOut, planted[0].String()) {
			t.Errorf("an address is repeated: %s%s", got.out, got.errOut)
		}
	}
	execute(t, "", "privacy", "audit", out).must(t)
	everything := execute(t, "", "query", "daily_series", "--store", store, "--param", "tool=", "--output", "parquet").must(t).out
	finds("under 20 clients in column all_clients", "privacy", "audit", write(t, "everything.parquet", everything))
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"key.txt": "key: " + string(secret), "address.txt": "client 203.0.113.9 seen", "c633644d.txt": "x", "canary.bin": "\x00\x00yyzwiti\x00"} {
		file := filepath.Join(store, "log", name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		finds(name, args...)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if got := execute(t, "", "privacy", "audit"); got.code != exitMisused {
		t.Errorf("nothing to look at: exit code %d", got.code)
	}
}
