package meter

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/schemas"
)

// collector is a sink that keeps what it is given.
type collector struct {
	flows   []record.Flow
	at      []int64
	dns     []record.DNS
	rejects map[string]int
	skips   map[string]int
}

func newCollector() *collector {
	return &collector{rejects: map[string]int{}, skips: map[string]int{}}
}

func (c *collector) Flow(f *record.Flow, position int64) {
	c.flows = append(c.flows, *f)
	c.at = append(c.at, position)
}

func (c *collector) DNS(d *record.DNS, _ int64) {
	kept := *d
	kept.Name, kept.Answers = slices.Clone(d.Name), slices.Clone(d.Answers)
	c.dns = append(c.dns, kept)
}

func (c *collector) Reject(reason string, _ []byte, _ int64) { c.rejects[reason]++ }
func (c *collector) Skip(reason string, _ int64)             { c.skips[reason]++ }

// shared gives a folder of the shared data, and skips where it is absent.
func shared(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("BANSHIFT_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, path)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("shared data: %s is absent", path)
	}
	return dir
}

// label is a row of a labels.csv.
type label struct {
	capture, proto, tool, name string
	trusted                    bool
	src, dst                   netip.AddrPort
	seen                       bool
}

func readLabels(t *testing.T, path string) []label {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var labels []label
	for _, r := range rows[1:] {
		if _, err := netip.ParseAddr(r[2]); err != nil {
			t.Logf("label of %s: %v", r[0], err)
			continue
		}
		labels = append(labels, label{
			capture: r[0], proto: r[1], name: r[6], tool: r[9], trusted: r[11] == "1",
			src: addrPort(t, r[2], r[3]), dst: addrPort(t, r[4], r[5]),
		})
	}
	return labels
}

func addrPort(t *testing.T, addr, port string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddr(addr)
	if err != nil {
		t.Fatal(err)
	}
	var n uint16
	if _, err := fmt.Sscan(port, &n); err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(a, n)
}

func (l *label) matches(f *record.Flow) bool {
	proto := map[string]uint8{"tcp": 6, "udp": 17}[l.proto]
	if proto != 0 && proto != f.Protocol || proto == 0 && (f.Protocol == 6 || f.Protocol == 17) {
		return false
	}
	src, dst := netip.AddrPortFrom(f.Src, f.SrcPort), netip.AddrPortFrom(f.Dst, f.DstPort)
	return l.src == src && l.dst == dst || l.src == dst && l.dst == src
}

func decodeFile(t *testing.T, path string) (*collector, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := newCollector()
	return c, New(Options{}).Decode(context.Background(), f, c)
}

// ofTools must not be set in flows whose label is no tool.
var ofTools = schemas.SignaturesOf(schemas.SigWireGuardInit, schemas.SigWireGuardResponse, schemas.SigWireGuardData, schemas.SigWireGuardSession, schemas.SigWireGuardObfuscated, schemas.SigOpenVPNClient, schemas.SigOpenVPNServer, schemas.SigOpenVPNData, schemas.SigOpenVPNScrambled,
	schemas.SigIKE, schemas.SigIKENATT, schemas.SigESPinUDP, schemas.SigL2TP, schemas.SigPPTP, schemas.SigSOCKS4, schemas.SigSOCKS5, schemas.SigHTTPConnect, schemas.SigHTTPProxyGet, schemas.SigDNSCrypt, schemas.SigTorTLS, schemas.SigTorCells, schemas.SigMTProto,
	schemas.SigTinc, schemas.SigNebula, schemas.SigTailscaleDisco, schemas.SigTailscaleHTTP, schemas.SigIodine, schemas.SigAnyConnectDTLS, schemas.SigSoftEther, schemas.SigSSTP, schemas.SigDoQ, schemas.SigZeroTier, schemas.SigGREPPP, schemas.SigTelegram, schemas.SigDoTRecords, schemas.SigFortinetCertificate, schemas.SigFakeTLS)

// wanted gives the signatures of which a flow of a tool must have one, in the captures
// that were made to be true: the tools that a flow's payloads can show.
var wanted = map[string]schemas.SignatureSet{
	"openvpn":    schemas.SignaturesOf(schemas.SigOpenVPNClient, schemas.SigOpenVPNData),
	"wireguard":  schemas.SignaturesOf(schemas.SigWireGuardInit, schemas.SigWireGuardSession),
	"ipsec":      schemas.SignaturesOf(schemas.SigIKE, schemas.SigIKENATT, schemas.SigESPinUDP),
	"l2tp":       schemas.SignaturesOf(schemas.SigL2TP),
	"pptp":       schemas.SignaturesOf(schemas.SigPPTP, schemas.SigGREPPP),
	"socks":      schemas.SignaturesOf(schemas.SigSOCKS4, schemas.SigSOCKS5),
	"http-proxy": schemas.SignaturesOf(schemas.SigHTTPConnect, schemas.SigHTTPProxyGet),
	"tor":        schemas.SignaturesOf(schemas.SigTorTLS, schemas.SigTorCells),
	"iodine":     schemas.SignaturesOf(schemas.SigIodine),
	"tailscale":  schemas.SignaturesOf(schemas.SigTailscaleDisco, schemas.SigWireGuardSession),
	"nebula":     schemas.SignaturesOf(schemas.SigNebula),
	"tinc":       schemas.SignaturesOf(schemas.SigTinc, schemas.SigBlockMAC),
}

// TestLabelledCaptures meters every labelled capture, finds every labelled five-tuple
// again, and prints which signatures the flows of each tool have. A trusted negative
// must have no VPN signature, but where a probe that nobody answered speaks the
// protocol; a flow of a tool that its payloads can show must have its signature.
func TestLabelledCaptures(t *testing.T) {
	for _, set := range []struct{ dir, labels string }{
		{"data/captures/ndpi", "data/captures/labels.csv"},
		{"data/captures/own", "data/captures/own/labels.csv"},
	} {
		t.Run(filepath.Base(set.dir), func(t *testing.T) {
			dir := shared(t, set.dir)
			labels := readLabels(t, shared(t, set.labels))
			table := map[string]map[string]int{}
			for _, name := range captureNames(t, dir) {
				c, err := decodeFile(t, filepath.Join(dir, name))
				if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Logf("%s: %v", name, err)
				}
				tally(t, name, c, labels, table)
			}
			const tolerated = 8 // labels of malformed packets, for which nDPI makes flows
			missing := 0
			for _, l := range labels {
				if !l.seen {
					missing++
					t.Logf("no flow for %s %s %s %s (%s)", l.capture, l.proto, l.src, l.dst, l.tool)
				}
			}
			if t.Logf("%d labels, %d without a flow", len(labels), missing); missing > tolerated {
				t.Errorf("%d labels have no flow", missing)
			}
			printTable(t, table)
		})
	}
}

func captureNames(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".pcap") || strings.Contains(e.Name(), ".cap") {
			names = append(names, e.Name())
		}
	}
	return names
}

func tally(t *testing.T, name string, c *collector, labels []label, table map[string]map[string]int) {
	t.Helper()
	for i := range c.flows {
		f := &c.flows[i]
		tool := "(unlabelled)"
		for j := range labels {
			l := &labels[j]
			if l.capture != name || !l.matches(f) {
				continue
			}
			l.seen = true
			tool = l.tool
			if want := wanted[l.tool]; l.name == "own" && !want.Empty() && !f.Signatures.HasAny(want) {
				t.Errorf("%s %s %s %s (%s) has %q", name, l.proto, l.src, l.dst, l.tool, f.Signatures)
			}
			if l.tool == "none" && l.trusted && f.Signatures.HasAny(ofTools) && !f.Traits.Has(schemas.TraitUnanswered) {
				t.Errorf("negative %s %s %s %s (%s) has %s", name, l.proto, l.src, l.dst, l.name, f.Signatures)
			}
			if l.tool != "none" && os.Getenv("BANSHIFT_VERBOSE") != "" {
				t.Logf("%-14s %s %s %d->%d %d/%d %v sni=%s alpn=%s ja4=%s [%s %s]", l.tool, name, l.proto, f.SrcPort, f.DstPort, f.SrcPackets, f.DstPackets, f.FirstSizes, f.SNI, f.ALPN, f.JA4, f.Signatures, f.Traits)
			}
			break
		}
		if table[tool] == nil {
			table[tool] = map[string]int{}
		}
		table[tool][f.Signatures.String()]++
	}
}

func printTable(t *testing.T, table map[string]map[string]int) {
	t.Helper()
	var tools []string
	for tool := range table {
		tools = append(tools, tool)
	}
	slices.Sort(tools)
	var b strings.Builder
	for _, tool := range tools {
		var rows []string
		for bits, n := range table[tool] {
			rows = append(rows, fmt.Sprintf("%4d %s", n, bits))
		}
		slices.Sort(rows)
		slices.Reverse(rows)
		fmt.Fprintf(&b, "%s\n  %s\n", tool, strings.Join(rows, "\n  "))
	}
	t.Log("signatures by tool\n" + b.String())
}

// TestAllCaptures meters every other capture: nothing may panic, and a capture that
// cannot be read says at which byte.
func TestAllCaptures(t *testing.T) {
	root := shared(t, "data")
	for _, dir := range []string{"captures/zeek", "netflow-pcaps", "dnstap", "ja4"} {
		files, flows := 0, 0
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if ext := filepath.Ext(path); ext != ".pcap" && ext != ".pcapng" && ext != ".trace" && ext != ".cap" {
				return nil
			}
			c, err := decodeFile(t, path)
			if err != nil {
				t.Logf("%s: %v", path, err)
			}
			files++
			flows += len(c.flows)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d files, %d flows", dir, files, flows)
	}
}
