package engine_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load/engine"
)

// startEngine starts or joins an engine and closes it with the test.
func startEngine(t *testing.T, dir string) *engine.Engine {
	t.Helper()
	e, err := engine.Start(context.Background(), dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// answers waits until the engine at c gives a result.
func answers(t *testing.T, c engine.Conn, sql, want string) {
	t.Helper()
	status, body := 0, ""
	for deadline := time.Now().Add(2 * time.Minute); status != 200 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		status, body = ask(t, c, c.User, c.Password, sql)
	}
	if status != 200 || strings.TrimSpace(body) != want {
		t.Fatalf("status %d, body %q, want %q", status, body, want)
	}
}

// The program that runs the engine ends: of two that joined it one runs it on, at the
// same address, and when that one ends, so does the other.
func TestJoinedEngineIsTakenOver(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	owner := startEngine(t, dir)
	c := owner.Conn()
	for _, sql := range []string{"CREATE TABLE kept (x UInt64) ENGINE = MergeTree ORDER BY x", "INSERT INTO kept SELECT number FROM numbers(10)"} {
		if status, body := ask(t, c, c.User, c.Password, sql); status != 200 {
			t.Fatal(body)
		}
	}
	joined := []*engine.Engine{startEngine(t, dir), startEngine(t, dir)}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	answers(t, c, "SELECT count() FROM kept", "10")
	first, second := joined[0], joined[1]
	if first.Joined() {
		first, second = second, first
	}
	if first.Joined() || !second.Joined() {
		t.Fatalf("want one of the two to run the engine: joined %v and %v", first.Joined(), second.Joined())
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	answers(t, c, "SELECT count() FROM kept", "10")
	if second.Joined() || second.Err() != nil {
		t.Errorf("joined %v, error %v", second.Joined(), second.Err())
	}
}

// A program that starts between the end of the owner and its being missed is where the owner was:
// those that joined go on.
func TestNextEngineHasTheAddress(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	first := startEngine(t, dir)
	before := first.Conn()
	stop := engine.Await(t, dir) // a program that joined and has not missed it yet
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	next := startEngine(t, dir).Conn()
	stop()
	before.PID, next.PID = 0, 0
	if next != before {
		t.Errorf("got %v, want %v", next, before)
	}
	answers(t, before, "SELECT 1", "1")
}

// A port that somebody else has taken meanwhile is given up.
func TestNextEngineWhereThePortIsTaken(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	first := startEngine(t, dir)
	before := first.Conn()
	defer engine.Await(t, dir)()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", before.HTTPPort))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	next := startEngine(t, dir).Conn()
	if next.HTTPPort == before.HTTPPort {
		t.Error("the engine says that it listens where another program does")
	}
	answers(t, next, "SELECT 1", "1")
}

// Where somebody else was faster and runs an engine at another address, the error says so.
func TestJoinedEngineAtAnotherAddress(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	owner := startEngine(t, dir)
	joined := startEngine(t, dir)
	if err := engine.MoveConnection(dir); err != nil { // as a new owner writes it
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); joined.Err() == nil && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if err := joined.Err(); err == nil || !strings.Contains(err.Error(), "run the same command again") {
		t.Errorf("got %v", err)
	}
	if owner.Err() != nil {
		t.Error(owner.Err())
	}
}
