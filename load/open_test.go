package load_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/engine/servertest"
)

// wantOpenError opens dsn and wants one clear line that holds the given words.
func wantOpenError(t *testing.T, dsn string, want error, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s, err := load.Open(ctx, dsn, load.Options{})
	if err == nil {
		s.Close()
		t.Fatal("it opened")
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	if strings.Contains(err.Error(), "not-the-secret") {
		t.Errorf("the password is in %q", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	needEngine(t)
	e, err := engine.Start(context.Background(), t.TempDir(), engine.Options{Native: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := e.Conn()
	wantOpenError(t, fmt.Sprintf("clickhouse://%s:not-the-secret@127.0.0.1:%d/x?http_port=%d", c.User, c.TCPPort, c.HTTPPort),
		load.ErrPassword, load.EnvPassword)
}

// closedPort is an address on loopback at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestUnreachable(t *testing.T) {
	at := closedPort(t)
	wantOpenError(t, "clickhouse://u@"+at+"/x", load.ErrUnreachable, at, "check the address")
}

func TestWrongHTTPPort(t *testing.T) {
	needEngine(t)
	u, err := url.Parse(serverDSN("golden"))
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(closedPort(t))
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = "http_port=" + port
	wantOpenError(t, u.String(), load.ErrUnreachable, port, "http_port")

	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	u.RawQuery = "http_port=" + other.URL[strings.LastIndex(other.URL, ":")+1:]
	wantOpenError(t, u.String(), nil, "no ClickHouse")
}

// An old server answers the hello of the native protocol with its version; what
// comes after it is not reached.
func TestOldVersion(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveOldHello(c)
		}
	}()
	wantOpenError(t, "clickhouse://u@"+l.Addr().String()+"/x", load.ErrVersion, "18.16", "24.8")
}

// serveOldHello is the server's hello of ClickHouse 18.16.1 (protocol revision 54412).
func serveOldHello(c net.Conn) {
	defer c.Close()
	c.Read(make([]byte, 4096))
	hello := []byte{0} // packet: hello
	text := func(s string) { hello = append(append(hello, byte(len(s))), s...) }
	text("ClickHouse")
	hello = append(hello, 18, 16)
	hello = binary.AppendUvarint(hello, 54412)
	text("UTC")              // time zone
	text("old-server")       // display name
	hello = append(hello, 1) // patch
	c.Write(hello)
	c.Read(make([]byte, 4096))
}

func TestNoStoreGiven(t *testing.T) { wantOpenError(t, "", nil, "--store") }

func TestEngineMissing(t *testing.T) {
	t.Setenv("BANSHIFT_ENGINE", "")
	t.Setenv("BANSHIFT_CACHE", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	wantOpenError(t, t.TempDir(), nil, "make engine", "BANSHIFT_ENGINE")
}

func TestStoreIsAFile(t *testing.T) {
	needEngine(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, path, nil, "store directory", path)
}

// A full disk ends a write with one line; with room again the same write succeeds,
// and nothing is stored twice.
func TestDiskFull(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	servertest.SmallDisk(t, dir, "32m")
	ctx := context.Background()
	s, err := load.Open(ctx, dir, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ballast := filepath.Join(dir, "ballast")
	servertest.FillDisk(t, ballast)
	b := load.Batch{Source: "full", Next: 10, Counts: load.Counts{In: 8, Folded: 8}}
	usage, err := os.ReadFile(filepath.Join("testdata", "store", "usage.json"))
	if err != nil {
		t.Fatal(err)
	}
	b.Tables = usageTables(t, memory.DefaultAllocator, string(usage))
	err = s.Write(ctx, b)
	if !errors.Is(err, load.ErrDiskFull) {
		t.Errorf("got %v, want %v", err, load.ErrDiskFull)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	b.Counts = load.Counts{In: 46, Folded: 46}
	if err := s.Write(ctx, b); err != nil {
		t.Fatal(err)
	}
	if got := scalar[uint64](t, s, "SELECT sum(records) FROM usage"); got != 46 {
		t.Errorf("%d records, want 46", got)
	}
}

func TestDiskFullFromTheStart(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	servertest.SmallDisk(t, dir, "64k")
	servertest.FillDisk(t, filepath.Join(dir, "ballast"))
	wantOpenError(t, dir, load.ErrDiskFull, "make room")
}

// Everything under the store's directory is its owner's alone, and the passwords are
// in one file only, which goes with the engine.
func TestFilesArePrivate(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	s, err := load.Open(context.Background(), dir, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Engine().Conn()
	check := func(allowed string) {
		t.Helper()
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // the engine merges parts meanwhile
			}
			if err != nil {
				return err
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) || path == dir {
				return nil
			}
			if err != nil {
				return err
			}
			if info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			if !info.Mode().IsRegular() {
				return nil
			}
			text, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			for _, secret := range []string{c.Password, c.ReaderPassword} {
				if strings.Contains(string(text), secret) && filepath.Base(path) != allowed {
					t.Errorf("a password is in %s", path)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	check("connection.json")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check("")
}

// A second process joins the engine of the first one, and both write.
func TestTwoStoresShareAnEngine(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	ctx := context.Background()
	var stores [2]*load.Store
	for i := range stores {
		s, err := load.Open(ctx, dir, load.Options{})
		if err != nil {
			t.Fatal(err)
		}
		stores[i] = s
	}
	usage, err := os.ReadFile(filepath.Join("testdata", "store", "usage.json"))
	if err != nil {
		t.Fatal(err)
	}
	tables := usageTables(t, memory.DefaultAllocator, string(usage))
	for i, s := range stores {
		b := load.Batch{
			Source: []string{"a", "b"}[i], Next: 1, Counts: load.Counts{In: 46, Folded: 46},
			Tables: tables,
		}
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	if got := scalar[uint64](t, stores[1], "SELECT sum(records) FROM usage"); got != 92 {
		t.Errorf("%d records, want 92", got)
	}
	for _, i := range []int{1, 0} {
		if err := stores[i].Close(); err != nil {
			t.Error(err)
		}
	}
}
