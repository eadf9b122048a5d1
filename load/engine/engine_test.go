package engine_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/banshift/banshift/load/engine"
)

// ask posts a statement as the given user and returns status and body.
func ask(t *testing.T, c engine.Conn, user, password, sql string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, fmt.Sprintf("http://%s:%d/", c.Host, c.HTTPPort), strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-ClickHouse-User", user)
	req.Header.Set("X-ClickHouse-Key", password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(body))
}

func TestSurvivesKillAndRestart(t *testing.T) {
	needEngine(t)
	ctx := context.Background()
	dir := t.TempDir()
	e, err := engine.Start(ctx, dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := e.Conn()
	for _, sql := range []string{
		"CREATE DATABASE banshift",
		"CREATE TABLE banshift.t (x UInt64) ENGINE = MergeTree ORDER BY x",
		"INSERT INTO banshift.t SELECT number FROM numbers(1000)",
	} {
		if status, body := ask(t, c, c.User, c.Password, sql); status != 200 {
			t.Fatalf("%s: %s", sql, body)
		}
	}
	before := e.PID()
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	status, body := 0, ""
	for deadline := time.Now().Add(2 * time.Minute); status != 200 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		status, body = ask(t, c, c.User, c.Password, "SELECT count() FROM banshift.t")
	}
	if status != 200 || body != "1000" {
		t.Fatalf("after kill -9: status %d, body %q", status, body)
	}
	if e.PID() == before {
		t.Error("the dead engine's process is still named")
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, err = engine.Start(ctx, dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c = e.Conn()
	if _, body := ask(t, c, c.User, c.Password, "SELECT count() FROM banshift.t"); body != "1000" {
		t.Errorf("after a clean stop: %s", body)
	}
	joined, err := engine.Start(ctx, dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !joined.Joined() {
		t.Error("a second engine on the same directory")
	}
	if err := joined.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ user, password, sql, want string }{
		"wrong password":  {c.User, "wrong", "SELECT 1", "Code: 516"},
		"no password":     {"default", "", "SELECT 1", "Code: 700"},
		"reader writes":   {c.Reader, c.ReaderPassword, "INSERT INTO banshift.t VALUES (1)", "Code: 497"},
		"reader url":      {c.Reader, c.ReaderPassword, "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')", "Code: 497"},
		"reader file":     {c.Reader, c.ReaderPassword, "SELECT * FROM file('/etc/hostname', LineAsString)", "Code: 497"},
		"reader system":   {c.Reader, c.ReaderPassword, "SELECT * FROM system.users", "Code: 497"},
		"reader selects":  {c.Reader, c.ReaderPassword, "SELECT sum(x) FROM banshift.t", "499500"},
		"reader unlimits": {c.Reader, c.ReaderPassword, "SELECT 1 SETTINGS max_execution_time = 0", "Code: 452"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, body := ask(t, c, tt.user, tt.password, tt.sql); !strings.Contains(body, tt.want) {
				t.Errorf("got %q, want %q in it", body, tt.want)
			}
		})
	}
}

// The owner dies by kill -9: its engine goes with it, and the directory opens again.
func TestEngineEndsWithItsOwner(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	owner := exec.Command(os.Args[0], ownerCommand, dir)
	owner.Stderr = os.Stderr
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	joined, err := engine.Start(context.Background(), dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !joined.Joined() || joined.PID() != pid {
		t.Errorf("joined %v, process %d, want %d", joined.Joined(), joined.PID(), pid)
	}
	if err := joined.Close(); err != nil { // or it takes the engine over
		t.Fatal(err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	owner.Wait() // its error is the kill
	e, err := engine.Start(context.Background(), dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	// The orphan holds the directory's lock as long as it lives.
	if e.Joined() || e.PID() == pid {
		t.Errorf("the orphan still runs: joined %v, process %d", e.Joined(), e.PID())
	}
}

// A directory whose owner does not answer is refused, with what to do.
func TestLockedDirectory(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err = engine.Start(ctx, dir, engine.Options{})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("got %v", err)
	}
}

// An engine that cannot start says why, on one line.
func TestEngineThatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libchdb.so")
	if err := os.WriteFile(path, []byte("no library"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := engine.Start(context.Background(), t.TempDir(), engine.Options{Path: path})
	if err == nil || !strings.Contains(err.Error(), "did not start") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestLocate(t *testing.T) {
	binary := func(version string) string {
		dir := t.TempDir()
		script := "#!/bin/sh\necho 'ClickHouse local version " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, "clickhouse"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	cache := t.TempDir()
	cached := filepath.Join(cache, "banshift", "engine", engine.Version, "libchdb.so")
	if err := os.MkdirAll(filepath.Dir(cached), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cached, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newest, old := binary("25.3.1.10 (official build)."), binary("18.16.1.")
	for name, tt := range map[string]struct{ given, env, path, cache, want string }{
		"given":            {cached, "/nowhere", newest, "", cached},
		"environment":      {"", cached, newest, "", cached},
		"environment lies": {"", "/nowhere", newest, cache, ""},
		"on PATH":          {"", "", newest, cache, filepath.Join(newest, "clickhouse")},
		"too old on PATH":  {"", "", old, cache, cached},
		"too old, alone":   {"", "", old, t.TempDir(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(engine.EnvPath, tt.env)
			t.Setenv("PATH", tt.path)
			t.Setenv("XDG_CACHE_HOME", tt.cache)
			t.Setenv("BANSHIFT_CACHE", "")
			got, err := engine.Locate(tt.given)
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			if name == "too old, alone" && !strings.Contains(err.Error(), "18.16.1") {
				t.Errorf("%v does not name the version", err)
			}
		})
	}
}

// TestLocateInOwnCache finds the engine where BANSHIFT_CACHE says that parts are.
func TestLocateInOwnCache(t *testing.T) {
	cache := t.TempDir()
	cached := filepath.Join(cache, "engine", engine.Version, "libchdb.so")
	if err := os.MkdirAll(filepath.Dir(cached), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cached, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(engine.EnvPath, "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("BANSHIFT_CACHE", cache)
	if got, err := engine.Locate(""); got != cached {
		t.Errorf("got %q, %v; want %q", got, err, cached)
	}
}
