package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStandardInputIsStoredAsItComes writes a few records and keeps the pipe open: they are
// stored after a while, those that come later are stored on a stop, and none is lost.
func TestStandardInputIsStoredAsItComes(t *testing.T) {
	needEngine(t)
	zeek := "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n"
	for _, c := range []struct {
		name, head string
		record     func(i int) string
	}{
		{"lines", "", func(i int) string {
			return fmt.Sprintf(`{"type":"NETFLOW_V9","time_received_ns":1523836801000000000,"sampling_rate":1,"time_flow_start_ns":1523836800000000000,"bytes":1200,"packets":3,"src_addr":"198.18.0.%d","dst_addr":"192.0.2.10","proto":"UDP","src_port":40000,"dst_port":1194}`+"\n", i)
		}},
		{"records", zeek, func(i int) string {
			return fmt.Sprintf("1523836800.5\tC%d\t198.18.0.%d\t40000\t192.0.2.10\t1194\tudp\n", i, i)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
			t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
			store := filepath.Join(dir, "store")
			ctx, interrupt := context.WithTimeout(context.Background(), 5*time.Minute)
			defer interrupt()
			in, pipe := io.Pipe()
			defer pipe.Close()
			var out bytes.Buffer
			var log logBuffer
			ended := make(chan int, 1)
			go func() { ended <- run(ctx, []string{"run", "--store", store, "-"}, in, &out, &log) }()

			io.WriteString(pipe, c.head+c.record(1)+c.record(2)+c.record(3))
			for {
				if done, ok := storedRecords(store); ok && done == 3 {
					break
				}
				if ctx.Err() != nil {
					t.Fatalf("not stored while the pipe was open: %s", log.String())
				}
				time.Sleep(100 * time.Millisecond)
			}
			io.WriteString(pipe, c.record(4)+c.record(5))
			interrupt()
			if code := <-ended; code != exitDone {
				t.Fatalf("exit code %d: %s", code, log.String())
			}
			if got := accounted(t, log.String()); got != 5 {
				t.Errorf("%d records, want 5: %s", got, log.String())
			}
			if !strings.Contains(log.String(), "what had come is stored") {
				t.Errorf("nothing is said of the stop: %s", log.String())
			}
		})
	}
}
