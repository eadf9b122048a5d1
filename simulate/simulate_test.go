package simulate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"hash"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func scenario(t testing.TB, name string) Scenario {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func generator(t testing.TB, name string, seed uint64, scale float64) *Generator {
	t.Helper()
	g, err := New(scenario(t, name), seed, scale)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// digest is the hash of all that a generator emits.
func digest(t testing.TB, g *Generator) string {
	t.Helper()
	h := sha256.New()
	write := func(line []byte) error { _, err := h.Write(line); return err }
	if err := errors.Join(g.Flows(write), g.DNS(write)); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	got := digest(t, generator(t, "telegram-2018", 7, .05))
	if again := digest(t, generator(t, "telegram-2018", 7, .05)); again != got {
		t.Errorf("the same seed gave %s, then %s", got, again)
	}
	if other := digest(t, generator(t, "telegram-2018", 8, .05)); other == got {
		t.Error("another seed gave the same bytes")
	}
	golden := filepath.Join("testdata", "digest.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the golden digest is of amd64: other machines may fuse multiplications and additions")
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Errorf("digest %s, want %s; if the scenario or the generator was meant to change, run with -update", got, want)
	}
}

// flowLine is what a reader that knows nothing of this package takes from a record.
type flowLine struct {
	Type      string `json:"type"`
	Received  uint64 `json:"time_received_ns"`
	Start     uint64 `json:"time_flow_start_ns"`
	End       uint64 `json:"time_flow_end_ns"`
	Sampler   string `json:"sampler_address"`
	Src       string `json:"src_addr"`
	Dst       string `json:"dst_addr"`
	Etype     string `json:"etype"`
	Proto     string `json:"proto"`
	SrcPort   uint16 `json:"src_port"`
	DstPort   uint16 `json:"dst_port"`
	Bytes     uint64 `json:"bytes"`
	Packets   uint64 `json:"packets"`
	TCPFlags  uint8  `json:"tcp_flags"`
	Simulated bool   `json:"simulated"`
}

// day is the UTC day on which the flow began.
func (f flowLine) day() string { return time.Unix(0, int64(f.Start)).UTC().Format(time.DateOnly) }

// TestTruthAgainstRecords counts users anew, from the written files alone: records with
// encoding/json, endpoints and countries from the lists and networks that go with them.
func TestTruthAgainstRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if err := generator(t, "telegram-2018", 3, .1).Write(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	var truth Truth
	decode(t, filepath.Join(dir, "truth.json"), &truth)
	countries := countryPrefixes(t, dir)
	tunnels, services := listedEndpoints(t, dir, "tunnels.csv"), listedEndpoints(t, dir, "services.csv")

	for _, date := range []string{"2017-12-12", "2018-01-09", "2018-04-15", "2018-04-18", "2018-04-19", "2018-05-16"} {
		day := indexOf(t, truth.Dates, date)
		listed, direct, proxied := map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}
		records, failed := map[string]int{}, map[string]int{}
		answered := map[string]bool{}
		file := filepath.Join(dir, "flows", truth.Dates[day-day%7]+".ndjson")
		eachFlow(t, file, func(f flowLine) {
			if f.day() != date {
				return
			}
			if _, ok := countries.of(f.Src); !ok {
				answered[f.Src+f.Dst+f.Proto+port(f.DstPort)+port(f.SrcPort)] = true
			}
		})
		eachFlow(t, file, func(f flowLine) {
			if f.day() != date {
				return
			}
			if !f.Simulated || f.Start > f.End || f.Received < f.End || !strings.HasPrefix(f.Sampler, "198.18.") {
				t.Fatalf("%s: implausible record %+v", date, f)
			}
			client, server, serverPort := f.Src, f.Dst, f.DstPort
			country, fromClient := countries.of(client)
			if !fromClient {
				client, server, serverPort = f.Dst, f.Src, f.SrcPort
				country, _ = countries.of(client)
			}
			records[country]++
			if !fromClient {
				return
			}
			came := answered[server+client+f.Proto+port(f.SrcPort)+port(f.DstPort)]
			if _, ok := tunnels.find(server, serverPort, date); ok {
				add(listed, country, client)
			}
			switch service, ok := services.find(server, serverPort, date); {
			case ok && service == "telegram/telegram" && came:
				add(direct, country, client)
			case ok && service == "mtproto/telegram":
				add(proxied, country, client)
			}
			if !came {
				failed[country]++
			}
		})
		for _, c := range truth.Countries {
			for what, pair := range map[string][2]int{
				"listed VPN users": {len(listed[c.Country]), c.VPNUsersListed[day]},
				"direct users":     {len(direct[c.Country]), c.BannedDirect[day]},
				"proxied users":    {len(proxied[c.Country]), c.BannedProxied[day]},
				"flow records":     {records[c.Country], c.FlowRecords[day]},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s %s: %d %s in the records, %d in the truth", date, c.Country, pair[0], what, pair[1])
				}
			}
			if c.Country == "ru" && date < "2018-04-16" && failed["ru"] > 0 {
				t.Errorf("%s: %d connections failed in ru before the ban", date, failed["ru"])
			}
		}
	}
}

func TestBlockListAndDNSAgainstTruth(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if err := generator(t, "telegram-2018", 4, .1).Write(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	var truth Truth
	decode(t, filepath.Join(dir, "truth.json"), &truth)
	countries := countryPrefixes(t, dir)
	for _, date := range []string{"2018-04-12", "2018-04-16", "2018-04-19", "2018-05-09"} {
		day := indexOf(t, truth.Dates, date)
		rows := csvRows(t, filepath.Join(dir, "blocklist", date+".csv"))
		var prefixes []netip.Prefix
		for _, row := range rows {
			prefixes = append(prefixes, netip.MustParsePrefix(row[0]))
		}
		if len(prefixes) != truth.BlockList.Rows[day] {
			t.Errorf("%s: %d rows, truth says %d", date, len(prefixes), truth.BlockList.Rows[day])
		}
		if got := addressesSlowly(prefixes); got != truth.BlockList.Addresses[day] {
			t.Errorf("%s: %d addresses, truth says %d", date, got, truth.BlockList.Addresses[day])
		}
		soft, hard := map[string]int{}, map[string]int{}
		week := truth.Dates[day-day%7]
		eachLineOf(t, filepath.Join(dir, "dns", week+".ndjson"), func(line []byte) {
			var q struct {
				Network struct {
					Client string `json:"query-ip"`
				} `json:"network"`
				DNS struct {
					Name    string `json:"qname"`
					Records struct {
						Answers []struct {
							Data netip.Addr `json:"rdata"`
						} `json:"an"`
					} `json:"resource-records"`
				} `json:"dns"`
				Dnstap struct {
					Time string `json:"timestamp-rfc3339ns"`
				} `json:"dnstap"`
				Simulated bool `json:"simulated"`
			}
			if err := json.Unmarshal(line, &q); err != nil || !q.Simulated {
				t.Fatalf("%s: %v", line, err)
			}
			if !strings.HasPrefix(q.Dnstap.Time, date) {
				return
			}
			country, _ := countries.of(q.Network.Client)
			blocked := 0
			for _, a := range q.DNS.Records.Answers {
				for _, p := range prefixes {
					if p.Contains(a.Data) {
						blocked++
						break
					}
				}
			}
			if strings.HasPrefix(q.DNS.Name, "telegram.") || blocked == 0 {
				return
			}
			soft[country]++
			if blocked == len(q.DNS.Records.Answers) {
				hard[country]++
			}
		})
		for _, c := range truth.Countries {
			if soft[c.Country] != c.CollateralSoft[day] || hard[c.Country] != c.CollateralHard[day] {
				t.Errorf("%s %s: %d soft and %d hard in the messages, %d and %d in the truth", date, c.Country,
					soft[c.Country], hard[c.Country], c.CollateralSoft[day], c.CollateralHard[day])
			}
		}
	}
}

func TestWeeklyCycleAndOutage(t *testing.T) {
	g := generator(t, "telegram-2018", 5, 1)
	truth := g.Truth()
	var week, weekend float64
	enforced := g.scenario.day(g.scenario.Ban.Enforced)
	ru := truth.Countries[0]
	for day := 0; day < enforced; day++ {
		switch g.scenario.date(day).Weekday() {
		case time.Saturday, time.Sunday:
			weekend += float64(ru.VPNUsers[day])
		default:
			week += float64(ru.VPNUsers[day])
		}
	}
	// Over 21 weeks the sampling error of the ratio is under 1 %; the scenario says .87.
	if ratio := weekend / 2 / (week / 5); ratio < .82 || ratio > .93 {
		t.Errorf("a weekend day has %.2f of a weekday's users", ratio)
	}
	for _, o := range truth.Outages {
		country := truth.Countries[g.scenario.country(o.Country)]
		for day, date := range truth.Dates {
			missing := country.VPNUsers[day] - country.VPNUsersObserved[day]
			if inside := date >= o.First && date <= o.Last; inside != (missing > 0) {
				t.Errorf("%s on %s: %d users are missing", o.Country, date, missing)
			}
		}
	}
	if len(truth.Outages) != 2 {
		t.Errorf("%d outages, want 2", len(truth.Outages))
	}
}

// TestEffectsAreAsConfigured draws 20 worlds: what the users came to must scatter around
// the true effect, within the range that the truth states.
func TestEffectsAreAsConfigured(t *testing.T) {
	var errorsByCountry = map[string][]float64{}
	covered, total := 0, 0
	for seed := range uint64(20) {
		g := generator(t, "telegram-2018", 100+seed, 1)
		enforced := g.scenario.day(g.scenario.Ban.Enforced)
		for _, e := range g.effects(g.count(enforced-daysBefore, enforced+daysAfter)) {
			if !strings.HasSuffix(e.Event, "-enforcement") {
				continue
			}
			total++
			if e.Log.Low <= e.Realised && e.Realised <= e.Log.High {
				covered++
			}
			errorsByCountry[e.Country] = append(errorsByCountry[e.Country], e.Realised-e.Log.Value)
			if e.Country == "ru" && (e.Log.Value < .08 || e.Log.Value > .40) {
				t.Errorf("seed %d: effect of %.3f is out of the scenario's range", seed, e.Log.Value)
			}
			if e.Country != "ru" && math.Abs(e.Log.Value) > .001 {
				t.Errorf("seed %d: %s has an effect of %.3f", seed, e.Country, e.Log.Value)
			}
		}
	}
	// 95 % of 400; five standard errors below are .895.
	if share := float64(covered) / float64(total); share < .895 {
		t.Errorf("%.3f of the realised effects lie in their stated range", share)
	}
	for country, x := range errorsByCountry {
		mean := 0.0
		for _, v := range x {
			mean += v / float64(len(x))
		}
		if limit := 4 * math.Sqrt(variance(x)/float64(len(x))); math.Abs(mean-.01) > limit+.01 {
			t.Errorf("%s: realised effects are off by %.3f on average, limit %.3f", country, mean, limit)
		}
	}
}

func TestUniform(t *testing.T) {
	s := scenario(t, "uniform")
	if err := s.SetRecords(20_000); err != nil {
		t.Fatal(err)
	}
	g, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	n, size, tcps := 0, 0, 0
	var previous flowLine
	err = g.Flows(func(line []byte) error {
		var f flowLine
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		if n%2 == 1 && (f.Src != previous.Dst || f.DstPort != previous.SrcPort || f.Proto != previous.Proto) {
			t.Fatalf("record %d is not the other direction of the one before", n)
		}
		if f.Proto == "TCP" {
			tcps++
		}
		previous, n, size = f, n+1, size+len(line)
		return nil
	})
	if err != nil || n != 20_000 {
		t.Fatalf("%d records, %v", n, err)
	}
	if mean := size / n; mean < 380 || mean > 410 {
		t.Errorf("a record has %d bytes", mean)
	}
	if share := float64(tcps) / float64(n); share < .68 || share > .74 {
		t.Errorf("share of TCP is %.3f, the mix says .71", share)
	}
	if first, second := digest(t, g), digest(t, g); first != second {
		t.Error("the same generator gave different bytes")
	}
	if err := generatorScenario(t).SetRecords(10); err == nil {
		t.Error("a scenario of a ban took a number of records")
	}
}

func generatorScenario(t *testing.T) *Scenario { s := scenario(t, "telegram-2018"); return &s }

// recorder is a Producer that keeps the digest of what it was given.
type recorder struct {
	records int
	hash    hash.Hash
	fail    error
}

func (r *recorder) Write(_ context.Context, values [][]byte) error {
	for _, v := range values {
		r.records++
		r.hash.Write(v)
		r.hash.Write([]byte{'\n'})
	}
	return r.fail
}

func TestProduce(t *testing.T) {
	g := generator(t, "telegram-2018", 2, .02)
	want, flows := sha256.New(), 0
	if err := g.Flows(func(line []byte) error { flows++; want.Write(line); return nil }); err != nil {
		t.Fatal(err)
	}
	sent, none := &recorder{hash: sha256.New()}, &recorder{hash: sha256.New()}
	records := 0
	if err := g.Produce(context.Background(), sent, none, func(n, _, _ int) { records = n }); err != nil {
		t.Fatal(err)
	}
	if sent.records != flows || !bytes.Equal(sent.hash.Sum(nil), want.Sum(nil)) {
		t.Errorf("sent %d flows, want the %d that Flows gives", sent.records, flows)
	}
	if records != flows+none.records || none.records == 0 {
		t.Errorf("progress ended at %d of %d flows and %d messages", records, flows, none.records)
	}
	sent.fail = errors.New("broker gone")
	if err := g.Produce(context.Background(), sent, nil, nil); !errors.Is(err, sent.fail) {
		t.Errorf("an error of the producer became %v", err)
	}
}

func TestErrors(t *testing.T) {
	if _, err := Load("nowhere"); err == nil || !strings.Contains(err.Error(), "telegram-2018") {
		t.Errorf("an unknown scenario: %v", err)
	}
	if _, err := Parse([]byte("name: x\nstart: 2018-01-01\nend: 2018-01-02\nspeling: 1\n")); err == nil || !strings.Contains(err.Error(), "speling") {
		t.Errorf("an unknown key: %v", err)
	}
	for _, scale := range []float64{0, -1, math.NaN(), 1e9} {
		if _, err := New(scenario(t, "telegram-2018"), 1, scale); err == nil {
			t.Errorf("scale %v was taken", scale)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	g := generator(t, "telegram-2018", 1, .02)
	if err := g.Write(context.Background(), dir, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a directory in use: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.Write(ctx, filepath.Join(t.TempDir(), "new"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestPoissonAndBinomial(t *testing.T) {
	r := stream(1, 99)
	for _, mean := range []float64{.5, 7, 59, 61, 400} {
		const n = 20_000
		var sum, squares float64
		for range n {
			x := float64(r.poisson(mean))
			sum, squares = sum+x, squares+x*x
		}
		got, spread := sum/n, squares/n-sum/n*sum/n
		if math.Abs(got-mean) > 5*math.Sqrt(mean/n) || math.Abs(spread/mean-1) > .1 {
			t.Errorf("poisson(%g): mean %.3f, variance %.3f", mean, got, spread)
		}
	}
}

func TestPanelNeverRepeats(t *testing.T) {
	g := generator(t, "telegram-2018", 6, 1)
	m := newSessionMaker(&g.scenario, g.world, g.demand, g.seed)
	r := stream(1, 2)
	for n := range g.world.networks {
		size, start, stride := m.panel(&r, n, tunnels)
		seen := map[int]bool{}
		for k := range size {
			seen[(start+k*stride)&(size-1)] = true
		}
		if len(seen) != size {
			t.Fatalf("network %d: %d of %d members", n, len(seen), size)
		}
	}
}

// The slow counterparts and readers of the tests.

// addressesSlowly counts the addresses of prefixes by comparing every pair: a prefix
// counts unless another one contains it.
func addressesSlowly(prefixes []netip.Prefix) int {
	n := 0
	for i, p := range prefixes {
		contained := false
		for j, q := range prefixes {
			if i != j && q.Bits() < p.Bits() && q.Contains(p.Addr()) {
				contained = true
				break
			}
		}
		if !contained {
			n += 1 << (32 - p.Bits())
		}
	}
	return n
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func indexOf(t *testing.T, dates []string, date string) int {
	t.Helper()
	for i, d := range dates {
		if d == date {
			return i
		}
	}
	t.Fatalf("no day %s", date)
	return -1
}

func eachLineOf(t *testing.T, path string, f func([]byte)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		f(lines.Bytes())
	}
}

func eachFlow(t *testing.T, path string, f func(flowLine)) {
	t.Helper()
	eachLineOf(t, path, func(line []byte) {
		var x flowLine
		d := json.NewDecoder(bytes.NewReader(line))
		if err := d.Decode(&x); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		f(x)
	})
}

func csvRows(t *testing.T, path string) [][]string {
	t.Helper()
	var rows [][]string
	eachLineOf(t, path, func(line []byte) { rows = append(rows, strings.Split(string(line), ",")) })
	return rows[1:]
}

func add(sets map[string]map[string]bool, country, client string) {
	if sets[country] == nil {
		sets[country] = map[string]bool{}
	}
	sets[country][client] = true
}

func port(p uint16) string { return string([]byte{'/', byte(p >> 8), byte(p)}) }

// prefixCountries are the clients' prefixes of networks.csv.
type prefixCountries map[netip.Prefix]string

func countryPrefixes(t *testing.T, dir string) prefixCountries {
	t.Helper()
	countries := prefixCountries{}
	for _, row := range csvRows(t, filepath.Join(dir, "networks.csv")) {
		if row[4] == "eyeball" {
			countries[netip.MustParsePrefix(row[0])] = row[2]
		}
	}
	return countries
}

func (c prefixCountries) of(addr string) (string, bool) {
	a := netip.MustParseAddr(addr)
	bits := 16
	if a.Is6() {
		bits = 48
	}
	p, _ := a.Prefix(bits)
	country, ok := c[p]
	return country, ok
}

type listedEndpoint struct {
	port, what, from, to string
}

type endpointList map[string][]listedEndpoint

func listedEndpoints(t *testing.T, dir, name string) endpointList {
	t.Helper()
	list := endpointList{}
	for _, row := range csvRows(t, filepath.Join(dir, "lists", name)) {
		list[row[0]] = append(list[row[0]], listedEndpoint{row[1], row[3] + "/" + row[4], row[8], row[9]})
	}
	return list
}

func (l endpointList) find(addr string, serverPort uint16, date string) (string, bool) {
	for _, e := range l[addr] {
		samePort := e.port == "" || e.port == itoa(serverPort) || serverPort == 0
		if samePort && e.from <= date && date < e.to {
			return e.what, true
		}
	}
	return "", false
}

func itoa(p uint16) string {
	b, _ := json.Marshal(p)
	return string(b)
}
