package evaluate_test

import (
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/classify/evaluate"
)

// TestUnlabelledTraces names what is found in traces that have no labels but telling
// folder names: tunnels, SOCKS, HTTP CONNECT, QUIC and plain ones.
func TestUnlabelledTraces(t *testing.T) {
	for _, folder := range []string{"captures/zeek", "ja4"} {
		dir := shared(t, "data", folder)
		s := newStages(t)
		flows := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, ".txt") {
				return err
			}
			batch := s.read(path)
			defer batch.Release()
			if batch.Flows == nil {
				return nil
			}
			flows += int(batch.Flows.NumRows())
			out := s.classify(batch.Flows, evaluate.Masks()[0])
			defer out.Release()
			v, err := evaluate.Verdicts(filepath.Base(path), out, func(i int) (netip.AddrPort, netip.AddrPort) {
				return batch.Ends[i].Client, batch.Ends[i].Server
			})
			s.check(err)
			rel, err := filepath.Rel(dir, path)
			s.check(err)
			for _, x := range v {
				if x.Level >= schemas.Possible {
					t.Logf("%-50s proto %3d port %5d %s %s %s %.3f", rel, x.Protocol, x.Server.Port(), x.Tool, x.Service, x.Level, x.P)
				}
				// A folder named after a plain protocol holds no tool.
				for _, plain := range []string{"http/", "smtp/", "ftp/", "irc/", "ssh/", "smb/", "rdp/", "ntp/", "mqtt/", "krb/"} {
					if strings.HasPrefix(rel, plain) && x.Level >= schemas.Likely && x.Tool != "http-proxy" {
						t.Errorf("%s: %s %s", rel, x.Tool, x.Level)
					}
				}
			}
			if os.Getenv("EXPLAIN") != "" && strings.Contains(rel, os.Getenv("EXPLAIN")) {
				s.explain(rel, out, v)
			}
			return nil
		})
		s.check(err)
		t.Logf("%s: %d flows", folder, flows)
	}
}
