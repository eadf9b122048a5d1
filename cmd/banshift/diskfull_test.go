package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/banshift/banshift/load/engine/servertest"
	"github.com/banshift/banshift/monitor"
)

// A program that follows while its store's disk is full says so within a minute and waits, ends in time when it is asked to,
// begins nevertheless, and goes on by itself once there is room: nothing is lost, and nothing is stored twice.
func TestDiskFullWhileFollowed(t *testing.T) {
	needEngine(t)
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	disks := map[string]func(*testing.T) (store, disk string){
		"embedded": func(t *testing.T) (string, string) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			servertest.SmallDisk(t, dir, "64m")
			return dir, dir
		},
		"server": func(t *testing.T) (string, string) {
			server := servertest.StartOnSmallDisk(t, "64m")
			return server.DSN("banshift"), server.Data()
		},
	}
	sources := map[string]func(*testing.T) (string, func(int)){"embedded": awayLog, "server": awayTopic}
	for name, make := range disks {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			store, disk := make(t)
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
			defer cancel()
			socket := "unix:" + filepath.Join(t.TempDir(), "m.sock")
			source, write := sources[name](t)
			write(500)
			w := &writers{T: t, store: store, under: []string{"env", "BANSHIFT_METRICS_LISTEN=" + socket}}
			process, log := w.program("--follow", source)
			w.await(500)
			ballast := filepath.Join(disk, "ballast")
			servertest.FillDisk(t, ballast)
			write(500)
			full := time.Now()
			wait(ctx, t, "why it is not ready", func() bool {
				code, body, err := monitor.Ask(t.Context(), socket, "/readyz")
				if strings.Contains(log.String(), "\nbanshift: ") {
					t.Fatalf("%d %s %v", code, body, err)
				}
				return err == nil && code != http.StatusOK && strings.Contains(string(body), "disk is full")
			})
			_, ready, _ := monitor.Ask(t.Context(), socket, "/readyz")
			t.Logf("after %s: %s", time.Since(full).Round(time.Second), ready)
			if store == disk && !strings.Contains(string(ready), "/store: disk is full") {
				t.Errorf("it does not say where: %s", ready)
			}
			_, metrics, err := monitor.Ask(t.Context(), socket, "/metrics")
			if err != nil || !strings.Contains(string(metrics), `banshift_stage_stuck{stage="engine"} 1`) {
				t.Errorf("no metric moves: %v", err)
			}
			if store == disk {
				killEngine(t, process.Process.Pid)
				time.Sleep(10 * time.Second)
			}
			room := func() {
				t.Helper()
				if err := os.Remove(ballast); err != nil {
					t.Fatal(err)
				}
			}
			room()
			w.await(1000)
			wait(ctx, t, "that it is ready", func() bool {
				code, _, err := monitor.Ask(t.Context(), socket, "/readyz")
				return err == nil && code == http.StatusOK
			})
			servertest.FillDisk(t, ballast)
			write(500)
			wait(ctx, t, "that it waits again", func() bool { return strings.Count(log.String(), "waiting for room") == 2 })
			asked := time.Now()
			w.end(process, true)
			if took := time.Since(asked); took > endWithin {
				t.Errorf("it ended after %s", took)
			}
			process, log = w.program("--follow", source)
			wait(ctx, t, "that it waits", func() bool { return strings.Contains(log.String(), "disk is full") })
			room()
			w.await(1500)
			w.end(process, true)
			if n, _ := storedRecords(store); n != 1500 {
				t.Errorf("%d records are stored, want 1500", n)
			}
			execute(t, "", "reconcile", "--store", store).must(t)
		})
	}
}

// A run over files ends on a full disk, and says where and what to do; the same command completes it.
func TestDiskFullUnderARun(t *testing.T) {
	needEngine(t)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	store := t.TempDir()
	servertest.SmallDisk(t, store, "64m")
	source, write := awayLog(t)
	write(500)
	execute(t, "", "run", "--store", store, source).must(t)
	ballast := filepath.Join(store, "ballast")
	servertest.FillDisk(t, ballast)
	write(500)
	r := execute(t, "", "run", "--store", store, source)
	if r.code != exitFailed || !strings.Contains(r.errOut, store+": disk is full: make room there") {
		t.Errorf("exit code %d: %s", r.code, r.errOut)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	execute(t, "", "run", "--store", store, source).must(t)
	if n, _ := storedRecords(store); n != 1000 {
		t.Errorf("%d records are stored, want 1000", n)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

// killEngine kills the engine that a process runs, as the kernel does when memory is short.
func killEngine(t *testing.T, owner int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", owner))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
}
