package meter

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestJA4AgainstReference compares with the values that the authors publish with
// their captures.
func TestJA4AgainstReference(t *testing.T) {
	dir := shared(t, "data/ja4")
	references, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(references) == 0 {
		t.Fatalf("no reference values: %v", err)
	}
	compared := 0
	for _, path := range references {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			c, err := decodeFile(t, strings.TrimSuffix(path, ".json"))
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for i := range c.flows {
				f := &c.flows[i]
				got[fmt.Sprintf("%s:%d %s:%d", f.Src, f.SrcPort, f.Dst, f.DstPort)] = string(f.JA4)
			}
			want := readReference(t, path)
			compared += len(want)
			for stream, want := range want {
				if got[stream] != want {
					t.Errorf("%s: got %q, want %q", stream, got[stream], want)
				}
			}
		})
	}
	if t.Logf("%d values", compared); compared == 0 {
		t.Error("no reference has a value")
	}
}

// readReference gives the JA4 of each stream of a reference file that has one.
func readReference(t *testing.T, path string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, r := range rows {
		for _, name := range []string{"JA4", "JA4.1"} {
			if ja4, ok := r[name].(string); ok {
				want[fmt.Sprintf("%v:%v %v:%v", r["src"], r["srcport"], r["dst"], r["dstport"])] = ja4
			}
		}
	}
	return want
}

// TestAgainstNDPI compares JA4 and server name with another program's, flow by flow.
// It reads versions of drafts of TLS differently, so that agreement is counted, not
// demanded of every flow.
func TestAgainstNDPI(t *testing.T) {
	events := shared(t, "data/ndpid")
	captures := shared(t, "data/captures/ndpi")
	same := map[string]int{}
	for _, name := range captureNames(t, captures) {
		theirs := readNDPI(t, filepath.Join(events, name+".out"))
		if len(theirs) == 0 {
			continue
		}
		c, _ := decodeFile(t, filepath.Join(captures, name))
		for i := range c.flows {
			f := &c.flows[i]
			their, ok := theirs[fmt.Sprintf("%s:%d %s:%d", f.Src, f.SrcPort, f.Dst, f.DstPort)]
			if !ok {
				continue
			}
			for _, field := range []struct{ name, our, their string }{{"ja4", string(f.JA4), their.ja4}, {"sni", string(f.SNI), their.host}} {
				if field.their == "" {
					continue
				}
				if field.our == field.their {
					same[field.name]++
					continue
				}
				same["not "+field.name]++
				t.Logf("%s %s:%d %s:%d: %s %q, theirs %q [%s]", name, f.Src, f.SrcPort, f.Dst, f.DstPort, field.name, field.our, field.their, f.Signatures)
			}
		}
	}
	t.Logf("%v", same)
	const least = 0.9
	if share := float64(same["ja4"]) / float64(same["ja4"]+same["not ja4"]); share < least {
		t.Errorf("%.3f of the ja4 agree", share)
	}
}

type ndpiFlow struct{ ja4, host string }

// readNDPI gives what nDPId said last of each flow that has a JA4.
func readNDPI(t *testing.T, path string) map[string]ndpiFlow {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	flows := map[string]ndpiFlow{}
	for line := range strings.Lines(string(b)) {
		at := strings.IndexByte(line, '{')
		if at < 0 || !strings.Contains(line, `"ja4":"`) {
			continue
		}
		var event struct {
			Src   string `json:"src_ip"`
			Dst   string `json:"dst_ip"`
			SPort int    `json:"src_port"`
			DPort int    `json:"dst_port"`
			NDPI  struct {
				Hostname string
				TLS      struct{ JA4 string }
				DTLS     struct{ JA4 string }
				QUIC     struct{ TLS struct{ JA4 string } }
			}
		}
		if json.Unmarshal([]byte(line[at:]), &event) != nil {
			continue
		}
		ja4 := event.NDPI.TLS.JA4 + event.NDPI.DTLS.JA4 + event.NDPI.QUIC.TLS.JA4
		flows[fmt.Sprintf("%s:%d %s:%d", event.Src, event.SPort, event.Dst, event.DPort)] = ndpiFlow{ja4, event.NDPI.Hostname}
	}
	return flows
}
