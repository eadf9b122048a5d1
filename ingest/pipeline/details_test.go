package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
)

// zeekDirectory writes logs of n connections of which each other one has an ssl record, and
// of one whose connection is in no log.
func zeekDirectory(t *testing.T, n int, conn, ssl string) string {
	t.Helper()
	var conns, details strings.Builder
	for i := range n {
		fmt.Fprintf(&conns, `{"ts":%d.5,"uid":"C%d","id.orig_h":"203.0.113.%d","id.orig_p":%d,"id.resp_h":"198.51.100.73","id.resp_p":443,"proto":"tcp","duration":1.5,"orig_bytes":100,"resp_bytes":200,"conn_state":"SF","history":"ShADadFf","orig_pkts":5,"resp_pkts":5}`+"\n", 1523836800+i, i, i%250, 1024+i)
		if i%2 == 0 {
			fmt.Fprintf(&details, `{"ts":%d.6,"uid":"C%d","id.orig_h":"203.0.113.%d","id.orig_p":%d,"id.resp_h":"198.51.100.73","id.resp_p":443,"version":"TLSv13","cipher":"x","server_name":"www.example.org","resumed":false,"established":true}`+"\n", 1523836800+i, i, i%250, 1024+i)
		}
	}
	fmt.Fprint(&details, `{"ts":1523836801.6,"uid":"lone","id.orig_h":"203.0.113.9","id.orig_p":9,"id.resp_h":"198.51.100.73","id.resp_p":443,"version":"TLSv13","resumed":false,"established":true}`+"\n")
	dir := t.TempDir()
	for name, text := range map[string]string{conn: conns.String(), ssl: details.String()} {
		content := []byte(text)
		if strings.HasSuffix(name, ".gz") {
			content = gzipped(t, content)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOneUIDIsOneFlow reads logs of the same connections that lie next to each other.
func TestOneUIDIsOneFlow(t *testing.T) {
	for _, names := range [][2]string{{"conn.log", "ssl.log"}, {"conn.2018-04-16-00.log.gz", "ssl.2018-04-16-00.log"}} {
		list, err := files.Find([]string{zeekDirectory(t, 100, names[0], names[1])})
		if err != nil {
			t.Fatal(err)
		}
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		p, err := New(options(t, unstored{}, mem))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Files(t.Context(), list, FileOptions{}); err != nil {
			t.Fatal(err)
		}
		if s := p.Stats(); s.In.Load() != 101 || s.Rejected.Load() != 0 {
			t.Errorf("%v: in %d, rejected %d, want 101 and none", names, s.In.Load(), s.Rejected.Load())
		}
		p.Close()
		mem.AssertSize(t, 0)
	}
}

// TestFirstBlockDecides reads sources of which no record, or none of the first block, is
// what it is read as: nothing is decided, and the right format reads all of it afterwards.
func TestFirstBlockDecides(t *testing.T) {
	lines, unread := flowLines(50), strings.Repeat(`{"src_addr":"203.0.113.1"}`+"\n", 50)
	tests := []struct {
		name, text string
		format     string
		refused    bool
	}{
		{"flows.ndjson", lines, "pmacct-json", true},
		{"flows.ndjson.gz", lines, "pmacct-json", true},
		{"flows.ndjson", lines, "zeek-conn", true},
		{"flows.ndjson", lines, "suricata-eve", true},
		{"flows.ndjson", lines, "ndpid", true},
		{"flows.ndjson", lines, "dnscollector-json", true},
		{"flows.ndjson", unread, "", true},
		{"flows.ndjson", unread + lines, "", false},
		{"flows.ndjson", lines + unread, "", false},
	}
	for _, test := range tests {
		content := test.text
		if strings.HasSuffix(test.name, ".gz") {
			content = string(gzipped(t, []byte(content)))
		}
		file := put(t, test.name, content)
		file.Explicit = false
		store := newLedger()
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		p, err := New(options(t, store, mem))
		if err != nil {
			t.Fatal(err)
		}
		err = p.Files(t.Context(), []files.File{file}, FileOptions{Format: decode.Format(test.format)})
		if refused := err != nil && strings.Contains(err.Error(), "first block"); refused != test.refused {
			t.Errorf("%s as %q: %v", test.name, test.format, err)
		}
		if test.refused && store.writes != 0 {
			t.Errorf("%s as %q: %d writes", test.name, test.format, store.writes)
		}
		if test.refused && test.text == lines {
			if err := p.Files(t.Context(), []files.File{file}, FileOptions{}); err != nil || p.Stats().In.Load() != 50 {
				t.Errorf("%s: the right format reads %d afterwards, %v", test.name, p.Stats().In.Load(), err)
			}
		}
		p.Close()
		mem.AssertSize(t, 0)
	}
}
