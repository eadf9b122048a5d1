package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/monitor"
)

// A running program is asked from outside by exit codes: ready where no stage is stuck, alive as long as it answers.
func TestProbe(t *testing.T) {
	clock := &handClock{now: time.Unix(1_700_000_000, 0)}
	w := newWatched(clock.Now)
	server := httptest.NewServer(monitor.Handler(w.board, monitor.NewRegistry(w.board, monitor.Sources{})))
	address := strings.TrimPrefix(server.URL, "http://")
	ask := func(flag string) result {
		t.Setenv("BANSHIFT_METRICS_LISTEN", address)
		return execute(t, "", "doctor", flag)
	}
	want := func(when, flag string, code int, said string) {
		t.Helper()
		if r := ask(flag); r.code != code || !strings.Contains(r.out+r.errOut, said) {
			t.Errorf("%s, %s: exit code %d: %s%s", when, flag, r.code, r.out, r.errOut)
		}
	}
	want("idle", "--ready", exitDone, "ready")
	w.work(stageEngine)
	clock.advance(time.Minute)
	want("stuck", "--ready", exitFailed, "engine: no progress for 1m0s")
	want("stuck", "--alive", exitDone, "alive")
	server.Close()
	want("gone", "--alive", exitFailed, "no program answers")
	address = ""
	want("nowhere", "--ready", exitMisused, "metrics.listen")
}
