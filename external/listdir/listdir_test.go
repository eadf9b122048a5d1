package listdir_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/external/listdir"
	"github.com/banshift/banshift/transform/enrich"
)

func TestTheLastGoodCopyStays(t *testing.T) {
	dir, source := t.TempDir(), filepath.Join(t.TempDir(), "vpn.txt")
	d, err := listdir.Open(filepath.Join(dir, "lists"))
	if err != nil {
		t.Fatal(err)
	}
	written := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	update := func(text string) error {
		t.Helper()
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(source, written, written); err != nil {
			t.Fatal(err)
		}
		return d.Update(context.Background(), "vpn.txt", "file://"+source, enrich.ListSource{Kind: enrich.KindVPN}, written.AddDate(0, 0, 3))
	}
	good := "192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n"
	if err := update(good); err != nil {
		t.Fatal(err)
	}
	first, _ := d.Find("vpn.txt")
	if first.Entries != 4 || !first.AsOf.Equal(written) || len(first.SHA256) != 64 {
		t.Errorf("entry %+v", first)
	}
	for _, broken := range []string{"<html>not found</html>\n", "192.0.2.1\n", ""} {
		if err := update(broken); err == nil {
			t.Errorf("%q was taken over", broken)
		}
		again, err := listdir.Open(filepath.Join(dir, "lists"))
		if err != nil {
			t.Fatal(err)
		}
		kept, _ := again.Find("vpn.txt")
		data, _ := os.ReadFile(d.File("vpn.txt"))
		if string(data) != good || kept.SHA256 != first.SHA256 || kept.Failed == "" {
			t.Errorf("after %q: file %q, entry %+v", broken, data, kept)
		}
	}
	if err := update("192.0.2.1\n192.0.2.2\n"); err != nil {
		t.Errorf("half the entries: %v", err)
	}
	if err := d.Verify(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(d.File("vpn.txt"), []byte("192.0.2.9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(); err == nil || !strings.Contains(err.Error(), "vpn.txt") {
		t.Errorf("a changed list: %v", err)
	}
}

// TestOverHTTP fetches from a server that answers well, is broken, cuts its answer, and is gone.
func TestOverHTTP(t *testing.T) {
	written := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	good := "192.0.2.1\n192.0.2.2\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/vpn.txt":
			w.Header().Set("Last-Modified", written.Format(http.TimeFormat))
			w.Write([]byte(good))
		case "/cut.txt":
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte(good))
		default:
			http.Error(w, "no such list", http.StatusNotFound)
		}
	}))
	defer server.Close()
	d, err := listdir.Open(filepath.Join(t.TempDir(), "lists"))
	if err != nil {
		t.Fatal(err)
	}
	update := func(path string) error {
		return d.Update(context.Background(), "vpn.txt", server.URL+path, enrich.ListSource{Kind: enrich.KindVPN}, written.AddDate(0, 0, 3))
	}
	if err := update("/vpn.txt"); err != nil {
		t.Fatal(err)
	}
	if e, _ := d.Find("vpn.txt"); e.Entries != 2 || !e.AsOf.Equal(written) || e.Source != server.URL+"/vpn.txt" {
		t.Errorf("entry %+v", e)
	}
	for path, want := range map[string]string{"/gone.txt": "404", "/cut.txt": "unexpected EOF"} {
		if err := update(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", path, err, want)
		}
	}
	server.Close()
	if err := update("/vpn.txt"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a server that is gone: %v", err)
	}
	if data, _ := os.ReadFile(d.File("vpn.txt")); string(data) != good {
		t.Errorf("the last good copy is gone: %q", data)
	}
}

func TestNamesStayInTheDirectory(t *testing.T) {
	d, err := listdir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../x", "a/b", listdir.ManifestFile} {
		if err := d.Update(context.Background(), name, "nowhere", enrich.ListSource{}, time.Now()); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

// TestStatesAreKept updates a list whose content stays, changes, and comes back.
func TestStatesAreKept(t *testing.T) {
	dir, source := t.TempDir(), filepath.Join(t.TempDir(), "vpn.txt")
	d, err := listdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	for _, u := range []struct {
		text    string
		written int // day of the source
		fetched int
		want    string
	}{
		{"192.0.2.1\n", 1, 2, "1-1"},
		{"192.0.2.1\n", 3, 3, "1-3"},
		{"192.0.2.2\n", 4, 4, "1-3 4-4"},
		{"192.0.2.1\n", 4, 6, "1-3 4-4 6-6"}, // with a date that the other content had
	} {
		if err := os.WriteFile(source, []byte(u.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(source, day(u.written), day(u.written)); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), "vpn.txt", source, enrich.ListSource{Kind: enrich.KindVPN}, day(u.fetched)); err != nil {
			t.Fatal(err)
		}
		again, err := listdir.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		e, _ := again.Find("vpn.txt")
		var got []string
		for _, s := range e.States {
			got = append(got, fmt.Sprintf("%d-%d", s.From.Day(), s.AsOf.Day()))
		}
		if got := strings.Join(got, " "); got != u.want {
			t.Errorf("fetched on day %d: states %s, want %s", u.fetched, got, u.want)
		}
		if err := again.Verify(); err != nil {
			t.Error(err)
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "states"))
	if err != nil || len(files) != 2 {
		t.Errorf("%d files of states, %v", len(files), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "states", files[0].Name()), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d.Verify() == nil {
		t.Error("a changed state is not found")
	}
}
