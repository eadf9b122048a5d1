package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// rotations is how often the logs of the test are rotated.
const rotations = 6

// underLoad says for how many seconds the logs of [TestLogsAreFollowedUnderLoad] grow (8).
const underLoad = "BANSHIFT_FOLLOW_SECONDS"

// growingLog writes numbered records to a log and rotates it in every way that people do.
type growingLog struct {
	t       *testing.T
	path    string
	head    func(generation int) string
	record  func(i int) string
	written int
	file    *os.File
	rotated int
}

func (l *growingLog) open() {
	l.t.Helper()
	var err error
	if l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		l.t.Fatal(err)
	}
	l.put(l.head(l.rotated))
}

func (l *growingLog) put(text string) {
	l.t.Helper()
	if _, err := l.file.WriteString(text); err != nil {
		l.t.Fatal(err)
	}
}

// write adds records in writes that end inside a line.
func (l *growingLog) write(n int) {
	var text strings.Builder
	for range n {
		l.written++
		text.WriteString(l.record(l.written))
	}
	whole := text.String()
	l.put(whole[:len(whole)/2+3])
	time.Sleep(20 * time.Millisecond)
	l.put(whole[len(whole)/2+3:])
}

// rotate gives the log's place to a new one: by a rename, by a copy, compressed or not.
func (l *growingLog) rotate() {
	l.t.Helper()
	l.rotated++
	old := fmt.Sprintf("%s.%d", l.path, l.rotated)
	switch l.rotated % 3 {
	case 0: // copied and cut
		content, err := os.ReadFile(l.path)
		if err != nil {
			l.t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // so that what was written was read
		if err := os.WriteFile(old, content, 0o644); err != nil {
			l.t.Fatal(err)
		}
		if err := l.file.Truncate(0); err != nil {
			l.t.Fatal(err)
		}
		l.put(l.head(l.rotated))
		return
	case 1: // renamed, and the writer goes on for a moment
		if err := os.Rename(l.path, old); err != nil {
			l.t.Fatal(err)
		}
		l.write(5)
		l.file.Close()
	case 2: // renamed and compressed
		if err := os.Rename(l.path, old); err != nil {
			l.t.Fatal(err)
		}
		l.file.Close()
		content, err := os.ReadFile(old)
		if err != nil {
			l.t.Fatal(err)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(content)
		w.Close()
		if err := os.WriteFile(old+".gz", packed.Bytes(), 0o644); err != nil {
			l.t.Fatal(err)
		}
		if err := os.Remove(old); err != nil {
			l.t.Fatal(err)
		}
	}
	l.open()
}

// followedLogs are a log of lines and one of Zeek, in a directory of a test.
func followedLogs(t *testing.T) (dir string, lines, zeek *growingLog) {
	t.Helper()
	dir = t.TempDir()
	logs := filepath.Join(dir, "logs")
	if err := os.MkdirAll(filepath.Join(logs, "current"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	lines = &growingLog{t: t, path: filepath.Join(logs, "flows.json"), head: func(int) string { return "" }, record: func(i int) string {
		return fmt.Sprintf(`{"type":"NETFLOW_V9","time_received_ns":%d,"sampling_rate":1,"time_flow_start_ns":%d,"bytes":1200,"packets":3,"src_addr":"198.18.%d.%d","dst_addr":"192.0.2.10","proto":"UDP","src_port":%d,"dst_port":1194}`+"\n",
			1523836801000000000+int64(i)*1e6, 1523836800000000000+int64(i)*1e6, i>>8&255, i&255, 40000+i%20000)
	}}
	zeek = &growingLog{t: t, path: filepath.Join(logs, "current", "conn.log"), head: func(generation int) string {
		return fmt.Sprintf("#separator \\x09\n#path\tconn\n#open\t2018-04-16-%02d-00-00\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n", generation)
	}, record: func(i int) string {
		return fmt.Sprintf("%d.5\tC%d\t198.18.%d.%d\t%d\t192.0.2.10\t1194\tudp\n", 1523836800+i%3600, i, i>>8&255, i&255, 40000+i%20000)
	}}
	lines.open()
	zeek.open()
	return dir, lines, zeek
}

// everyLineOnce waits until a store has what the logs were given, and makes sure that it has no more.
func everyLineOnce(t *testing.T, store string, want int) {
	t.Helper()
	(&writers{T: t, store: store}).await(want)
	time.Sleep(5 * time.Second) // compressed and copied logs are looked at again
}

// compareStore compares a store that nobody follows into any more with its logs.
func compareStore(t *testing.T, store, logs string, want int) {
	t.Helper()
	counted := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT sum(records), uniqExact(client) FROM usage").must(t)
	if !strings.Contains(counted.out, fmt.Sprintf("\n%d,", want)) {
		t.Errorf("usage has %q, want %d records", counted.out, want)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
	again := execute(t, "", "run", "--store", store, logs).must(t)
	if !strings.Contains(again.errOut, "in 0 =") {
		t.Errorf("a run that does not follow found more: %s", again.errOut)
	}
}

// followDirectory follows a directory until the function that it gives is called.
func followDirectory(t *testing.T, store, logs string, most time.Duration) (interrupt func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	var out bytes.Buffer
	var log logBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"run", "--follow", "--store", store, logs}, strings.NewReader(""), &out, &log)
	}()
	t.Cleanup(func() {
		if text := log.String(); t.Failed() {
			t.Log(text[max(0, len(text)-20_000):])
		}
	})
	return func() {
		t.Helper()
		cancel()
		if code := <-ended; code != exitDone {
			t.Fatalf("exit code %d: %s", code, log.String())
		}
	}
}

// TestLogsAreFollowedThroughRotation follows a directory in which two logs grow and are
// rotated, stops in the middle and goes on: every record once, whatever became of its file.
func TestLogsAreFollowedThroughRotation(t *testing.T) {
	needEngine(t)
	dir, lines, zeek := followedLogs(t)
	store, logs := filepath.Join(dir, "store"), filepath.Join(dir, "logs")
	interrupt := followDirectory(t, store, logs, 30*time.Minute)
	for i := range rotations {
		for range 5 {
			lines.write(40)
			zeek.write(30)
			time.Sleep(100 * time.Millisecond)
		}
		if i == rotations/2 {
			interrupt()
			lines.write(10)
			interrupt = followDirectory(t, store, logs, 30*time.Minute)
		}
		lines.rotate()
		zeek.rotate()
	}
	lines.write(3)
	want := lines.written + zeek.written
	everyLineOnce(t, store, want)
	interrupt()
	compareStore(t, store, logs, want)
}

// TestLogsAreFollowedUnderLoad has two logs grow as fast as busy sensors write, some thousand
// lines a second each, and rotates them all the time.
func TestLogsAreFollowedUnderLoad(t *testing.T) {
	needEngine(t)
	seconds := 8
	if text := os.Getenv(underLoad); text != "" {
		if _, err := fmt.Sscan(text, &seconds); err != nil {
			t.Fatal(err)
		}
	}
	dir, lines, zeek := followedLogs(t)
	store, logs := filepath.Join(dir, "store"), filepath.Join(dir, "logs")
	interrupt := followDirectory(t, store, logs, time.Duration(seconds)*time.Second+30*time.Minute)
	began := time.Now()
	grow := func(l *growingLog, each time.Duration) {
		rotated := began
		for time.Since(began) < time.Duration(seconds)*time.Second {
			l.write(60)
			if time.Since(rotated) > each {
				l.rotate()
				rotated = time.Now()
			}
		}
	}
	var writers sync.WaitGroup
	writers.Go(func() { grow(lines, 2*time.Second) })
	writers.Go(func() { grow(zeek, 3*time.Second) })
	writers.Wait()
	want := lines.written + zeek.written
	t.Logf("%d and %d lines in %d s, %d and %d rotations", lines.written, zeek.written, seconds, lines.rotated, zeek.rotated)
	everyLineOnce(t, store, want)
	interrupt()
	compareStore(t, store, logs, want)
}
