package enrich_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// flow is what enrichment reads of a row.
type flow struct {
	day      string
	server   string
	port     uint16
	protocol uint8
	sni      string
}

func batch(mem memory.Allocator, flows ...flow) arrow.Record {
	b := schemas.NewFlowBuilder(mem, len(flows))
	defer b.Release()
	for _, f := range flows {
		b.Start.Append(date(f.day).UnixMilli())
		b.End.Append(date(f.day).UnixMilli())
		b.Client.Append(1)
		b.ClientPort.Append(1)
		b.ClientCountry.AppendString("")
		b.ClientASN.Append(0)
		b.Server.Append(netip.MustParseAddr(f.server).As16())
		b.ServerPort.Append(f.port)
		b.Protocol.Append(f.protocol)
		b.BytesUp.Append(0)
		b.BytesDown.Append(0)
		b.PacketsUp.Append(0)
		b.PacketsDown.Append(0)
		b.TCPFlags.Append(0)
		b.SamplingRate.Append(1)
		b.SNI.AppendString(f.sni)
		b.ALPN.AppendString("")
		b.JA4.AppendString("")
		b.FirstSizes.Append([schemas.MaxFirstSizes]int16{})
		b.LenSemantics.Append(0)
		b.Signatures.Append(0)
		b.SensorLabel.AppendString("")
		b.SensorConfidence.Append(0)
		b.Exporter.AppendString("")
		b.Source.AppendString("")
		b.Partition.Append(0)
		b.Offset.Append(0)
		b.Orientation.Append(0)
		b.Records.Append(1)
		b.Simulated.Append(false)
	}
	return b.Record()
}

// said gives what the lists say of each row, as "tool service age".
func said(t *testing.T, e *enrich.Enricher, rec arrow.Record) [][]string {
	t.Helper()
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := enrich.MatchesOf(rec)
	if !ok {
		t.Fatal("batch has no enrichment columns")
	}
	out := make([][]string, flows.Len)
	l := e.Lists()
	for i := range out {
		ids := slices.Concat(l.AddressEntries(m.AddressMatch[i]), l.NameEntries(m.NameMatch[i]))
		for _, match := range l.AppendValid(nil, ids, int64(flows.Start[i]), flows.ServerPort[i], flows.Protocol[i]) {
			entry := l.Entries()[match.Entry]
			out[i] = append(out[i], strings.TrimSpace(entry.Kind.String()+" "+entry.Service)+" "+ageText(match.AgeDays))
		}
	}
	return out
}

func ageText(days int32) string {
	switch {
	case days <= 7:
		return "week"
	case days <= 30:
		return "month"
	}
	return "old"
}

func TestMatchesAreAsOfTheFlow(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	csv := write(t, "own.csv", `prefix_or_addr,port,proto,tool,service,category,list_kind,kind,share,valid_from,valid_to
192.0.2.0/24,,,vpn,outer,vpn,vpn,prefix,0.2,2026-01-01,
192.0.2.7,1194,udp,openvpn,inner,vpn,vpn,exact,,2026-01-01,2026-02-01
2001:db8::/32,,,vpn,six,vpn,vpn,prefix,,2026-01-01,
`)
	prefixes := write(t, "dc.txt", "198.51.100.0/24 # hosting\n\n192.0.2.0/25\n")
	names := write(t, "names", "nordvpn.example\nfull:exact.example # one\nkeyword:vpn\nregexp:.*\\.ru$\n")
	e, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Memory: mem, NoBuiltin: true, Lists: []enrich.ListSource{
		{Path: csv, AsOf: date("2026-01-01")},
		{Path: prefixes, Kind: enrich.KindDatacentre, AsOf: date("2026-01-01")},
		{Path: names, Kind: enrich.KindVPN, Service: "named", AsOf: date("2026-01-01")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		flow
		want []string
	}{
		{flow{"2026-01-05", "192.0.2.200", 443, 6, ""}, []string{"vpn outer week"}},
		{flow{"2026-01-20", "192.0.2.200", 443, 6, ""}, []string{"vpn outer month"}},
		{flow{"2026-06-01", "192.0.2.200", 443, 6, ""}, []string{"vpn outer old"}},
		{flow{"2018-04-16", "192.0.2.200", 443, 6, ""}, nil},
		{flow{"2026-01-05", "192.0.2.7", 1194, 17, ""}, []string{"vpn outer week", "vpn inner week", "datacentre week"}},
		{flow{"2026-01-05", "192.0.2.7", 1194, 6, ""}, []string{"vpn outer week", "datacentre week"}},
		{flow{"2026-02-01", "192.0.2.7", 1194, 17, ""}, []string{"vpn outer old", "datacentre old"}},
		{flow{"2026-01-05", "2001:db8::9", 443, 6, ""}, []string{"vpn six week"}},
		{flow{"2026-01-05", "203.0.113.1", 443, 6, "www.NordVPN.example"}, []string{"vpn named week"}},
		{flow{"2026-01-05", "203.0.113.1", 443, 6, "x.exact.example"}, nil},
		{flow{"2017-01-05", "203.0.113.1", 443, 6, "www.nordvpn.example"}, nil},
	}
	var flows []flow
	for _, c := range cases {
		flows = append(flows, c.flow)
	}
	rec := batch(mem, flows...)
	defer rec.Release()
	out, err := e.Apply(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	for i, got := range said(t, e, out) {
		slices.Sort(got)
		slices.Sort(cases[i].want)
		if !slices.Equal(got, cases[i].want) {
			t.Errorf("%+v: %v, want %v", cases[i].flow, got, cases[i].want)
		}
	}
	m, _ := enrich.MatchesOf(out)
	if got := enrich.ASType(m.Type[4]); got != enrich.ASHosting {
		t.Errorf("address in a datacentre list has type %q, want hosting", got)
	}
	if m.AddressMatch[3] != 0 || m.NameMatch[10] != 0 {
		t.Error("a match column is set where no entry is valid")
	}
	if info := e.Lists().Info()[2]; info.Skipped != 2 || info.Entries != 2 {
		t.Errorf("v2fly list: %d entries, %d skipped, want 2 and 2", info.Entries, info.Skipped)
	}
}

func TestPublicFormatsAreRecognised(t *testing.T) {
	for _, c := range []struct {
		name, content string
		src           enrich.ListSource
		addr          string
		want          enrich.Entry
	}{
		{"tor.csv", "fingerprint, ipaddr, port\nAA, 192.0.2.5, 9001\n", enrich.ListSource{AsOf: date("2026-01-01")},
			"192.0.2.5", enrich.Entry{Kind: enrich.KindTor, Tool: "tor", Category: "anonymity", Exact: true, Port: 9001, Protocol: 6}},
		{"ndpi.csv", "list,prefix,ndpi_protocol\nmullvad,192.0.2.5/32,X\nwhatsapp,192.0.2.0/24,Y\n", enrich.ListSource{AsOf: date("2026-01-01")},
			"192.0.2.5", enrich.Entry{Kind: enrich.KindVPN, Tool: "vpn", Service: "mullvad", Category: "vpn", Exact: true}},
		{"aws.json", `{"createDate":"2026-01-01-00-00-00","prefixes":[{"ip_prefix":"192.0.2.0/24","service":"EC2"}]}`, enrich.ListSource{},
			"192.0.2.5", enrich.Entry{Kind: enrich.KindCloud}},
		{"goog.json", `{"prefixes":[{"ipv6Prefix":"2001:db8::/32"},{"ipv4Prefix":"192.0.2.0/24"}]}`, enrich.ListSource{AsOf: date("2026-01-01")},
			"2001:db8::1", enrich.Entry{Kind: enrich.KindCloud}},
		{"plain.csv", "prefix_or_addr,port,proto,tool,service,category,kind,share,valid_from,valid_to\n192.0.2.5,1194,udp,openvpn,mullvad,vpn,exact,,2026-01-01,\n", enrich.ListSource{AsOf: date("2026-01-01")},
			"192.0.2.5", enrich.Entry{Kind: enrich.KindVPN, Tool: "openvpn", Service: "mullvad", Category: "vpn", Exact: true, Port: 1194, Protocol: 17}},
		{"doh.txt", "192.0.2.5   # dns.example\n", enrich.ListSource{AsOf: date("2026-01-01"), Kind: enrich.KindDoH},
			"192.0.2.5", enrich.Entry{Kind: enrich.KindDoH, Exact: true}},
	} {
		c.src.Path = write(t, c.name, c.content)
		e, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Lists: []enrich.ListSource{c.src}, NoBuiltin: true})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		l := e.Lists()
		ids := l.AddressEntries(l.Address(netip.MustParseAddr(c.addr)))
		if len(ids) != 1 {
			t.Errorf("%s: %d entries for %s, want 1", c.name, len(ids), c.addr)
			continue
		}
		got := l.Entries()[ids[0]]
		if day := time.UnixMilli(got.ValidFrom).UTC().Format(time.DateOnly); day != "2026-01-01" {
			t.Errorf("%s: valid from %s", c.name, day)
		}
		got.ValidFrom, got.ValidTo, got.AsOf = 0, 0, 0
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestBadListsAreErrors(t *testing.T) {
	for _, c := range []struct {
		name, content, want string
		src                 enrich.ListSource
	}{
		{"undated.txt", "192.0.2.0/24\n", "no date", enrich.ListSource{Kind: enrich.KindVPN}},
		{"kindless.txt", "192.0.2.0/24\n", "no kind", enrich.ListSource{AsOf: date("2026-01-01")}},
		{"broken.txt", "192.0.2.0/24\nnonsense/9\n", "line 2", enrich.ListSource{AsOf: date("2026-01-01"), Kind: enrich.KindVPN, Format: enrich.FormatPrefixes}},
		{"empty.txt", "# nothing\n", "no entries", enrich.ListSource{AsOf: date("2026-01-01"), Kind: enrich.KindVPN}},
		{"share.csv", "prefix,share\n192.0.2.0/24,1.5\n", "share", enrich.ListSource{AsOf: date("2026-01-01"), Kind: enrich.KindVPN}},
	} {
		c.src.Path = write(t, c.name, c.content)
		_, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Lists: []enrich.ListSource{c.src}})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: error %v, want one that names the file and %q", c.name, err, c.want)
		}
	}
	if _, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Lists: []enrich.ListSource{{Path: "absent.txt"}}}); err == nil {
		t.Error("an absent list is accepted")
	}
}

func TestLocate(t *testing.T) {
	path := write(t, "networks.csv", `prefix,asn,country,as_name,type
192.0.2.0/24,64500,RU,Example,eyeball
192.0.2.128/25,AS64501,ua,Other,hosting
2001:db8::/32,64502,kz,,
203.0.113.0/24,64503,A1,,
`)
	e, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Networks: []enrich.NetworkSource{{Path: path}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		addr, country string
		asn           uint32
	}{
		{"192.0.2.1", "ru", 64500}, {"192.0.2.200", "ua", 64501}, {"2001:db8::1", "kz", 64502},
		{"::ffff:192.0.2.1", "ru", 64500}, {"198.51.100.1", "", 0}, {"203.0.113.1", "a1", 64503},
	} {
		country, asn := e.Locate(netip.MustParseAddr(c.addr))
		if country != c.country || asn != c.asn {
			t.Errorf("Locate(%s) = %q, %d, want %q, %d", c.addr, country, asn, c.country, c.asn)
		}
	}
}

func TestMaxMindDatabase(t *testing.T) {
	base := os.Getenv("BANSHIFT_SHARED")
	if base == "" {
		base = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(base, "data", "mmdb-test")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s: test databases are absent", t.Name())
	}
	e, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Networks: []enrich.NetworkSource{
		{Path: filepath.Join(dir, "GeoLite2-ASN-Test.mmdb")}, {Path: filepath.Join(dir, "GeoIP2-Country-Test.mmdb")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		addr, country string
		asn           uint32
	}{
		{"1.128.0.1", "", 1221}, {"12.81.92.1", "", 7018}, {"2.125.160.217", "gb", 0}, {"89.160.20.113", "se", 29518}, {"2600:6000::1", "", 237},
	} {
		country, asn := e.Locate(netip.MustParseAddr(c.addr))
		if country != c.country || asn != c.asn {
			t.Errorf("Locate(%s) = %q, %d, want %q, %d", c.addr, country, asn, c.country, c.asn)
		}
	}
}

func TestRealListsLoad(t *testing.T) {
	base := os.Getenv("BANSHIFT_SHARED")
	if base == "" {
		base = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(base, "data", "lists")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s: lists are absent", t.Name())
	}
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	e, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, Lists: []enrich.ListSource{
		{Path: at("x4bnet", "vpn-ipv4.txt"), Kind: enrich.KindVPN, AsOf: date("2026-08-22")},
		{Path: at("x4bnet", "vpn-ipv6.txt"), Kind: enrich.KindVPN, AsOf: date("2026-08-22")},
		{Path: at("x4bnet", "datacenter-ipv4.txt"), Kind: enrich.KindDatacentre, AsOf: date("2026-08-22")},
		{Path: at("ndpi-provider-prefixes-2024-10.csv"), AsOf: date("2024-10-01")},
		{Path: at("tor-nodes", "2024-04-03.all.csv"), AsOf: date("2024-04-03"), ValidTo: date("2024-04-04")},
		{Path: at("tor-nodes", "2026-08-22.all.csv"), AsOf: date("2026-08-22")},
		{Path: at("v2fly", "category-vpnservices"), Kind: enrich.KindVPN, AsOf: date("2026-08-19")},
		{Path: at("v2fly", "category-doh"), Kind: enrich.KindDoH, AsOf: date("2026-08-19")},
		{Path: at("dibdot-doh", "doh-ipv4.txt"), Kind: enrich.KindDoH, AsOf: date("2026-08-22")},
		{Path: at("dibdot-doh", "doh-domains.txt"), Format: enrich.FormatDomains, Kind: enrich.KindDoH, AsOf: date("2026-08-22")},
		{Path: filepath.Join(base, "data", "clouds", "aws-ip-ranges-2018-04-05.json")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range e.Lists().Info() {
		t.Logf("%s as of %s: %d entries, %d skipped", info.Name, info.AsOf.Format(time.DateOnly), info.Entries, info.Skipped)
	}
	t.Logf("%d distinct statements", len(e.Lists().Entries()))
}

func FuzzLists(f *testing.F) {
	f.Add("csv", "prefix,kind,share,valid_from\n192.0.2.0/24,vpn,0.1,2026-01-01\n")
	f.Add("prefixes", "192.0.2.0/24\n2001:db8::/32 # x\n")
	f.Add("tor-nodes", "fingerprint, ipaddr, port\nA, 192.0.2.1, 9001\n")
	f.Add("ndpi-providers", "list,prefix,ndpi_protocol\nmullvad,192.0.2.1/32,\n")
	f.Add("v2fly", "full:a.example\ninclude:b\n")
	f.Add("domains", "a.example\n")
	f.Add("aws", `{"createDate":"2018-04-05-18-16-16","prefixes":[{"ip_prefix":"13.32.0.0/15"}]}`)
	f.Add("google", `{"prefixes":[{"ipv4Prefix":"8.8.4.0/24"}]}`)
	f.Add("tor-consensus", consensus)
	f.Add("onionoo", details)
	f.Add("", "::ffff:192.0.2.0/120\n")
	f.Fuzz(func(t *testing.T, format, content string) {
		e, err := enrich.New(enrich.Config{ReadFile: os.ReadFile, NoBuiltin: true, Lists: []enrich.ListSource{
			{Name: "fuzz", Data: []byte(content), Format: format, Kind: enrich.KindVPN, AsOf: date("2026-01-01")},
		}})
		if err != nil {
			return
		}
		if e.Lists().Info()[0].Entries == 0 {
			t.Error("a list without entries was accepted")
		}
		e.Lists().Address(netip.MustParseAddr("192.0.2.1"))
		e.Lists().Name("a.example")
	})
}

func TestApplyDoesNotAllocateByRow(t *testing.T) {
	e, err := enrich.New(enrich.Config{})
	if err != nil {
		t.Fatal(err)
	}
	allocations := func(rows int) float64 {
		flows := make([]flow, rows)
		for i := range flows {
			flows[i] = flow{"2026-01-05", "149.154.167.50", 443, 6, "www.example.org"}
		}
		rec := batch(memory.DefaultAllocator, flows...)
		defer rec.Release()
		return testing.AllocsPerRun(5, func() {
			out, err := e.Apply(context.Background(), rec)
			if err != nil {
				t.Fatal(err)
			}
			out.Release()
		})
	}
	if few, many := allocations(10), allocations(10000); many > few+5 {
		t.Errorf("%v allocations for 10,000 rows, %v for 10", many, few)
	}
}
