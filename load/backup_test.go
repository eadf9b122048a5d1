package load_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// goldenBackup backs a filled store up.
func goldenBackup(t *testing.T, database string) (s *load.Store, dir string) {
	t.Helper()
	s = serverStore(t, database)
	fill(t, s)
	dir = filepath.Join(t.TempDir(), "backup")
	steps := 0
	b, err := s.Backup(context.Background(), dir, func(done, of int) {
		if steps++; done != steps || done > of {
			t.Errorf("told %d of %d at step %d", done, of, steps)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, files, size := b.Sizes(); files != steps || size == 0 {
		t.Errorf("%d files of %d bytes, told of %d", files, size, steps)
	}
	return s, dir
}

// What a backup holds goes back in, with everything that tells of single inserts, and its files are their owner's.
func TestBackupAndRestore(t *testing.T) {
	needEngine(t)
	ctx := context.Background()
	s, dir := goldenBackup(t, "backed")
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := load.ReadBackup(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := load.Restore(ctx, serverDSN("restored"), dir, b, load.Options{}, nil)
	if err != nil || len(restored.Repairs) > 0 {
		t.Fatalf("%+v, %v", restored, err)
	}
	into := serverStore(t, "restored")
	for _, table := range b.Tables {
		sql := "SELECT * FROM " + table.Name + " ORDER BY ALL"
		if got, want := rowsOf(t, into, sql), rowsOf(t, s, sql); got != want && table.Name != "leases" {
			t.Errorf("%s:\n%s\nwant\n%s", table.Name, got, want)
		}
	}
	marks := "SELECT arrivedMap.mark AS m, arrivedMap.times AS n FROM usage WHERE notEmpty(m) ORDER BY ALL"
	if got, want := rowsOf(t, into, marks), rowsOf(t, s, marks); got != want || strings.Count(got, "\n") < 2 {
		t.Errorf("marks: %s\nwant %s", got, want)
	}
	r, err := into.Reconcile(ctx)
	if err != nil || !r.OK() || r.In == 0 {
		t.Errorf("reconcile: %+v, %v", r, err)
	}
	if _, err := load.Restore(ctx, serverDSN("restored"), dir, b, load.Options{}, nil); !errors.Is(err, load.ErrHoldsRows) {
		t.Errorf("into a store with rows: %v", err)
	}
	if _, err := s.Backup(ctx, dir, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a directory with a backup: %v", err)
	}
}

// A backup that fails leaves nothing behind.
func TestBackupThatFails(t *testing.T) {
	s := serverStore(t, "fails")
	fill(t, s)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := s.Backup(ctx, dir, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v left, %v", left, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(context.Background(), file, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("into a file: %v", err)
	}
}

func rowsOf(t *testing.T, s *load.Store, sql string) string {
	t.Helper()
	var text bytes.Buffer
	if err := s.SQL(context.Background(), sql, &text, load.CSV); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text.String()
}

// A file that is not as it was written is named before anything is stored.
func TestDamagedBackup(t *testing.T) {
	needEngine(t)
	_, dir := goldenBackup(t, "damaged")
	whole, err := load.ReadBackup(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	some := whole.Tables[len(whole.Tables)-1].Files
	for i := len(whole.Tables) - 1; len(some) == 0; i-- {
		some = whole.Tables[i].Files
	}
	for _, name := range []string{some[0].Path, "backup.json"} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(text)
		changed[len(changed)/2] ^= 1
		for what, content := range map[string][]byte{"a bit": changed, "cut": text[:len(text)-1], "empty": nil, "longer": append(bytes.Clone(text), 0)} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := load.ReadBackup(dir, nil); !errors.Is(err, load.ErrBackupDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := load.ReadBackup(dir, nil); !errors.Is(err, load.ErrBackupDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing: %v", name, err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sums := filepath.Join(dir, "SHA256SUMS")
	text, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	for what, content := range map[string]string{
		"outside":      string(text) + strings.Repeat("0", 64) + "  ../other\n",
		"cut":          string(text[:len(text)-20]),
		"no last file": string(text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1]),
	} {
		if err := os.WriteFile(sums, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load.ReadBackup(dir, nil); !errors.Is(err, load.ErrBackupDamaged) {
			t.Errorf("checksums, %s: %v", what, err)
		}
	}
	if err := os.Remove(sums); err != nil {
		t.Fatal(err)
	}
	if _, err := load.ReadBackup(dir, nil); !errors.Is(err, load.ErrNoBackup) {
		t.Errorf("a backup that was cut off: %v", err)
	}
}

// A store that was restored in part is opened by nothing.
func TestRestoreThatWasCutOff(t *testing.T) {
	needEngine(t)
	ctx := context.Background()
	_, dir := goldenBackup(t, "cut")
	b, err := load.ReadBackup(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := &b.Tables[len(b.Tables)-1]
	last.Files = append(last.Files, load.BackupFile{Path: "gone"})
	if _, err := load.Restore(ctx, serverDSN("half"), dir, b, load.Options{}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a file that is gone: %v", err)
	}
	if _, err := load.Open(ctx, serverDSN("half"), load.Options{}); !errors.Is(err, load.ErrHalfRestored) {
		t.Errorf("opened: %v", err)
	}
	last.Files = last.Files[:len(last.Files)-1]
	if _, err := load.Restore(ctx, serverDSN("half"), dir, b, load.Options{}, nil); !errors.Is(err, load.ErrHalfRestored) {
		t.Errorf("restored again: %v", err)
	}
}

// A backup that a later version made, or another build, is refused before anything is stored.
func TestBackupOfAnotherVersion(t *testing.T) {
	needEngine(t)
	ctx := context.Background()
	_, dir := goldenBackup(t, "versions")
	for what, change := range map[string]func(*load.Backup){
		"newer": func(b *load.Backup) {
			b.Migrations = append(b.Migrations, load.BackupMigration{Number: len(b.Migrations) + 1, Name: "later"})
		},
		"another build": func(b *load.Backup) { b.Migrations[2].Checksum = "other" },
	} {
		b, err := load.ReadBackup(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(&b)
		if _, err := load.Restore(ctx, serverDSN("refused"), dir, b, load.Options{}, nil); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	b, err := load.ReadBackup(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Migrations = b.Migrations[:len(b.Migrations)-1]
	serverStore(t, "later") // its tables are those of this program
	if _, err := load.Restore(ctx, serverDSN("later"), dir, b, load.Options{}, nil); err == nil || !strings.Contains(err.Error(), "later version") {
		t.Errorf("an older backup into newer tables: %v", err)
	}
}
