package decode

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/record"
)

// sharedData gives a folder of the shared captures and logs, or skips.
func sharedData(t *testing.T, folder string) string {
	t.Helper()
	base := os.Getenv("BANSHIFT_SHARED")
	if base == "" {
		base = "../../../shared"
	}
	dir := filepath.Join(base, "data", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("shared data: %s is absent", folder)
	}
	return dir
}

// tally counts, and checks that positions never go back.
type tally struct {
	discard
	reasons map[string]int
	labels  map[string]int
	last    int64
	back    bool
}

func newTally() *tally { return &tally{reasons: map[string]int{}, labels: map[string]int{}} }

func (c *tally) at(p int64) { c.back, c.last = c.back || p < c.last, p }

func (c *tally) Flow(f *record.Flow, p int64) {
	c.at(p)
	c.labels[string(f.SensorLabel)]++
	c.discard.Flow(f, p)
}
func (c *tally) DNS(d *record.DNS, p int64) { c.at(p); c.discard.DNS(d, p) }
func (c *tally) Reject(reason string, raw []byte, p int64) {
	c.at(p)
	c.reasons["reject: "+reason]++
	c.discard.Reject(reason, raw, p)
}
func (c *tally) Skip(reason string, p int64) {
	c.at(p)
	c.reasons["skip: "+reason]++
	c.discard.Skip(reason, p)
}

func (c *tally) all() int { return c.flows + c.dns + c.rejects + c.skips }

// TestSharedLogs reads every log of the shared folders: each line ends as something,
// and what is recognised is what the file is called.
func TestSharedLogs(t *testing.T) {
	for _, folder := range []string{"zeek-logs", "ndpid"} {
		t.Run(folder, func(t *testing.T) {
			root := sharedData(t, folder)
			total := newTally()
			files, unrecognised, lines := 0, 0, 0
			err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				files++
				format, err := Recognise(data[:min(len(data), HeadBytes)], path)
				if err != nil {
					unrecognised++
					if format = forceByName(path); format == "" {
						return nil
					}
				} else if want := forceByName(path); want != "" && want != format {
					t.Errorf("%s: recognised as %s", path, format)
				}
				s, err := NewStream(format)
				if err != nil {
					return err
				}
				before := total.all()
				total.last = 0
				if err := s.Decode(context.Background(), bytes.NewReader(data), total); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				lines += bytes.Count(data, []byte("\n"))
				if got := total.all() - before; folder == "zeek-logs" && got != bytes.Count(data, []byte("\n")) {
					t.Errorf("%s: %d outcomes of %d lines", path, got, bytes.Count(data, []byte("\n")))
				}
				if total.back {
					t.Errorf("%s: positions go back", path)
					total.back = false
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d files (%d not recognised), %d lines: %d flows, %d dns, %d rejects, %d skips", files, unrecognised, lines, total.flows, total.dns, total.rejects, total.skips)
			t.Logf("reasons: %v", total.reasons)
			t.Logf("%d labels", len(total.labels))
			if total.flows == 0 {
				t.Error("not one flow")
			}
		})
	}
}

// forceByName gives the format of a log by its file name.
func forceByName(path string) Format {
	base := filepath.Base(path)
	for _, f := range []Format{ZeekConn, ZeekDNS, ZeekSSL, ZeekTunnel, ZeekSOCKS} {
		if after, ok := strings.CutPrefix(base, strings.TrimPrefix(string(f), "zeek-")); ok && strings.ContainsAny(after[:1], ".-_0123456789") && strings.HasSuffix(base, ".log") {
			return f
		}
	}
	if strings.Contains(filepath.ToSlash(path), "/ndpid/") {
		return NDPId
	}
	return ""
}
