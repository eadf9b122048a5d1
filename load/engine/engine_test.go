package engine_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
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
	for deadline := time.Now().Add(30 * time.Second); status != 200 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
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
