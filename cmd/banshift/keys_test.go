package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withKey sets the key file of a test.
func withKey(t *testing.T, file string) { t.Helper(); t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", file) }

// A store under one key is not written under another by accident, and a key is not made
// silently for it.
func TestStoreKeepsItsKey(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	key, other, store := filepath.Join(dir, "a.key"), filepath.Join(dir, "b.key"), filepath.Join(dir, "store")
	withKey(t, key)
	execute(t, "", "run", "--store", store, write(t, "one.ndjson", goodLine)).must(t)
	execute(t, "", "doctor", "--store", store).must(t)
	execute(t, "", "run", "--store", store, write(t, "two.ndjson", "\n"+goodLine+goodLine)).must(t)

	refused := func(what string) {
		t.Helper()
		for _, args := range [][]string{{"run", "--store", store, write(t, "three.ndjson", goodLine+goodLine+goodLine)}, {"doctor", "--store", store}} {
			got := execute(t, "", args...)
			if got.code != exitFailed || !strings.Contains(got.out+got.errOut, "another key") {
				t.Errorf("%s: %s: exit code %d: %s%s", what, args[0], got.code, got.out, got.errOut)
			}
		}
	}
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	refused("the key is gone")
	if _, err := os.Stat(key); err == nil {
		t.Fatal("a key was made silently")
	}
	if err := os.WriteFile(other, []byte(strings.Repeat("0123456789abcdef", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	withKey(t, other)
	refused("another key")
	got := execute(t, "", "run", "--new-key", "--store", store, write(t, "three.ndjson", goodLine+goodLine+goodLine)).must(t)
	if !strings.Contains(got.errOut, "count twice") {
		t.Errorf("--new-key does not say what it costs: %s", got.errOut)
	}
	execute(t, "", "doctor", "--store", store).must(t)
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	withKey(t, key)
	refused("the key of before")
}

// The key may lie anywhere but inside the store, whatever way the path takes.
func TestKeyInsideTheStoreIsRefused(t *testing.T) {
	dir := t.TempDir()
	store := filepath.Join(dir, "store")
	if err := os.MkdirAll(filepath.Join(store, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(store, link); err != nil {
		t.Fatal(err)
	}
	toKey := filepath.Join(dir, "to.key")
	if err := os.Symlink(filepath.Join(store, "master.key"), toKey); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{
		filepath.Join(store, "master.key"), filepath.Join(store, "sub", "deep", "k"), filepath.Join(link, "master.key"), toKey,
		filepath.Join(dir, "elsewhere", "..", "store", "k"),
	} {
		withKey(t, file)
		for _, args := range [][]string{{"run", "--store", store, write(t, "one.ndjson", goodLine)}, {"doctor", "--store", store}, {"keys", "chain", "--store", store, "--out", file}} {
			if got := execute(t, "", args...); got.code == exitDone || !strings.Contains(got.out+got.errOut, "inside the store") {
				t.Errorf("%s with %s: exit code %d: %s%s", args[0], file, got.code, got.out, got.errOut)
			}
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s was made", file)
		}
	}
	withKey(t, filepath.Join(dir, "store.key")) // a name that only begins alike
	if got := execute(t, "", "doctor", "--store", filepath.Join(dir, "none")); strings.Contains(got.out, "inside the store") {
		t.Errorf("refused: %s", got.out)
	}
}

func TestZeroKeyIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "zero.key")
	if err := os.WriteFile(file, []byte(strings.Repeat("0", 64)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	withKey(t, file)
	got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), write(t, "one.ndjson", goodLine))
	if got.code != exitFailed || !strings.Contains(got.errOut, "guess") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
}

// A store goes over from its master key to day keys without anything being said, and
// records of days that have no key any more are rejected with the reason.
func TestMasterKeyIsTakenAway(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	master, days, store := filepath.Join(dir, "master.key"), filepath.Join(dir, "day.keys"), filepath.Join(dir, "store")
	withKey(t, master)
	execute(t, "", "run", "--store", store, write(t, "one.ndjson", goodLine)).must(t)
	execute(t, "", "keys", "chain", "--out", days).must(t)
	if again := execute(t, "", "keys", "chain", "--out", days); again.code == exitDone {
		t.Error("a chain was written over")
	}
	if err := os.Remove(master); err != nil {
		t.Fatal(err)
	}
	withKey(t, days)
	got := execute(t, "", "run", "--store", store, write(t, "two.ndjson", "\n"+goodLine+goodLine)).must(t)
	if !strings.Contains(got.errOut, "rejected 2: no key for its day") {
		t.Errorf("records of 2018 under day keys of today: %s", got.errOut)
	}
	shown := execute(t, "", "keys", "show").must(t)
	if !strings.Contains(shown.out, "chained") {
		t.Errorf("got %s", shown.out)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	execute(t, "", "doctor", "--store", store).must(t)
}
