package load

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

// The program that runs the engine ends: whoever uses the same store goes on, whatever it asks.
func TestStoreGoesOnWhenItsOwnerEnds(t *testing.T) {
	ctx := context.Background()
	for name, ask := range map[string]func(s *Store, dir string) error{
		"named query": func(s *Store, _ string) error { return s.Query(ctx, "sources", nil, io.Discard, JSON) },
		"statement":   func(s *Store, _ string) error { return s.SQL(ctx, "SELECT count() FROM usage", io.Discard, CSV) },
		"count":       func(s *Store, _ string) error { _, err := s.Count(ctx, 0); return err },
		"reconcile":   func(s *Store, _ string) error { _, err := s.Reconcile(ctx); return err },
		"lease":       func(s *Store, _ string) error { return s.Lease(ctx, "file", 0) },
		"migrate":     func(s *Store, _ string) error { _, err := s.Migrate(ctx); return err },
		"open": func(_ *Store, dir string) error {
			next, err := Open(ctx, dir, Options{})
			if err != nil {
				return err
			}
			return next.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			owner := ownStore(t, dir)
			joined := ownStore(t, dir)
			defer joined.Close()
			ended := make(chan error)
			go func() { ended <- owner.Close() }()
			for done := false; !done; {
				select {
				case err := <-ended:
					if err != nil {
						t.Fatal(err)
					}
					done = true
				default:
				}
				if err := ask(joined, dir); err != nil {
					t.Fatal(err)
				}
			}
			if err := ask(joined, dir); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// An answer that breaks off is told, and no part of it comes twice.
func TestBrokenAnswerIsNotAskedForAgain(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Content-Length", "10")
		io.Copy(w, iotest.OneByteReader(strings.NewReader("a,b"))) //nolint:errcheck // the reader of it tells
	}))
	defer server.Close()
	s := &Store{http: server.Client()}
	var err error
	if s.reader, err = parseAddress("clickhouse://u@" + server.Listener.Addr().String() + "/x"); err != nil {
		t.Fatal(err)
	}
	s.reader.httpPort = s.reader.tcpPort
	var text strings.Builder
	if err := s.read(context.Background(), "SELECT 1", nil, &text, CSV); err == nil || asked != 1 || text.String() != "a,b" {
		t.Errorf("error %v, asked %d times, got %q", err, asked, text.String())
	}
}
