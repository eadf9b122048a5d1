package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// rename gives a file another name.
func rename(t *testing.T, file, name string) string {
	t.Helper()
	to := filepath.Join(filepath.Dir(file), name)
	if err := os.Rename(file, to); err != nil {
		t.Fatal(err)
	}
	return to
}

// Names of files, sensors and what sensors call a flow are kept without addresses, in
// whatever spelling, and files are recognised all the same.
func TestNamesAreKeptWithoutAddresses(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	line := strings.Replace(goodLine, `"proto":"UDP"`, `"sampler_address":"203.0.113.199","proto":"UDP"`, 1)
	var list []string
	secrets := []string{"198.51.100.77", "198-51-100-77", "c633644d", "3325256781", "203.0.113.199", "2001:db8::77", "yyzwiti", "ivan-petrov"}
	for i, name := range []string{"198.51.100.77.ndjson", "flows-198-51-100-77.ndjson", "hc633644d.ndjson", "3325256781.ndjson", "2001:db8::77.ndjson", "yyzwiti.json", "ivan-petrov.ndjson"} {
		list = append(list, rename(t, write(t, "x", strings.Repeat(line, i+1)+`{"yyzwiti":"198.51.100.77`+"\n"), name))
	}
	plain := write(t, "flows.2018-04-16.ndjson", strings.Repeat(line, 20))
	ran := execute(t, "", append([]string{"run", "--log-level", "debug", "--store", store}, append(list, plain)...)...).must(t)
	again := execute(t, "", append([]string{"run", "--log-level", "debug", "--store", store}, append(list, plain)...)...).must(t)
	if !strings.Contains(again.errOut, "8 files known already") {
		t.Errorf("the files are not recognised: %s", again.errOut)
	}
	places := map[string]string{"log": ran.errOut, "log of the second run": again.errOut}
	for _, table := range []string{"batches", "leases", "rejects", "coverage", "flows"} {
		places[table] = execute(t, "", "sql", "--store", store, "--output", "json", "SELECT * FROM "+table).must(t).out
	}
	if !strings.Contains(places["batches"], "file:flows.2018-04-16.ndjson:") || !strings.Contains(places["coverage"], "sensor-") {
		t.Errorf("what may be kept is not: %s %s", places["batches"], places["coverage"])
	}
	for place, text := range places {
		for _, secret := range secrets {
			if strings.Contains(text, secret) && !(strings.HasPrefix(place, "log") && (secret == "ivan-petrov" || secret == "yyzwiti")) {
				t.Errorf("%s holds %s", place, secret)
			}
		}
	}
	for _, secret := range secrets {
		holdsNowhere(t, store, []byte(secret))
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	if got := execute(t, "", "forget", "--store", store, list[0]).must(t); !strings.Contains(got.out, "batches") {
		t.Errorf("a file is not found by its name: %s", got.out)
	}
}

// A file that was stored under its own name, or under the digest of another key, is not read again.
func TestSourcesOfBeforeAreRecognised(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	store := filepath.Join(dir, "store")
	old := rename(t, write(t, "x", goodLine), "192.0.2.77.ndjson")
	fresh := rename(t, write(t, "x", goodLine+goodLine), "192.0.2.78.ndjson")
	withKey(t, filepath.Join(dir, "a.key"))
	names, err := sourceNames(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	s, err := load.Open(t.Context(), store, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []load.Batch{{Source: names[0], First: 0, Next: 1000}, {Source: names[0], Partition: -1, First: 0, Next: 1}} {
		if err := s.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got := execute(t, "", "run", "--store", store, old, fresh).must(t)
	if !strings.Contains(got.errOut, "in 2 = ") || !strings.Contains(got.errOut, "1 files known already") {
		t.Errorf("a source of before: %s", got.errOut)
	}
	withKey(t, filepath.Join(dir, "b.key"))
	got = execute(t, "", "run", "--new-key", "--store", store, old, fresh).must(t)
	if !strings.Contains(got.errOut, "2 files known already") {
		t.Errorf("under another key: %s", got.errOut)
	}
}

func TestLogsHideAddresses(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"192.0.2.77.txt", "host-198-51-100-77.txt", "hc633644d.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "nothing %d", i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	needEngine(t)
	got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), dir)
	if !strings.Contains(got.errOut, "file left") || !strings.Contains(got.errOut, "(hidden)") {
		t.Errorf("got %s", got.errOut)
	}
	for _, secret := range []string{"192.0.2.77", "198-51-100-77", "c633644d"} {
		if strings.Contains(got.errOut, secret) {
			t.Errorf("the log holds %s: %s", secret, got.errOut)
		}
	}
}
