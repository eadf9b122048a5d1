package blocking

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

func prefixes(texts ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, s := range texts {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

func union(t *testing.T, texts ...string) Addresses {
	t.Helper()
	a, err := Union(prefixes(texts...))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestUnionCountsAnAddressOnce(t *testing.T) {
	for name, c := range map[string]struct {
		rows []string
		want uint64
		sum  uint64
	}{
		"none":           {nil, 0, 0},
		"nested":         {[]string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32"}, 1 << 24, 1<<24 + 1<<16 + 1},
		"same twice":     {[]string{"10.0.0.0/24", "10.0.0.0/24"}, 256, 256},
		"host bits":      {[]string{"10.0.0.9/24", "10.0.0.0/24"}, 256, 256},
		"adjacent":       {[]string{"10.0.0.0/25", "10.0.0.128/25"}, 256, 256},
		"everything":     {[]string{"0.0.0.0/0"}, 1 << 32, 1 << 32},
		"mapped":         {[]string{"::ffff:10.0.0.0/120", "10.0.0.0/25"}, 256, 256 + 128},
		"IPv6 left out":  {[]string{"2001:db8::/32", "10.0.0.1/32"}, 1, 1},
		"last addresses": {[]string{"255.255.255.254/31"}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			if got := union(t, c.rows...).Count(); got != c.want {
				t.Errorf("%d addresses, want %d", got, c.want)
			}
			if got := Sum(prefixes(c.rows...)); got != c.sum {
				t.Errorf("rows add up to %d, want %d", got, c.sum)
			}
		})
	}
}

// TestUnionAgainstMarks compares with marking every address of a small space.
func TestUnionAgainstMarks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() ([]netip.Prefix, [1 << 12]bool) {
		var marks [1 << 12]bool
		var ps []netip.Prefix
		for range r.IntN(12) {
			bits := 20 + r.IntN(13)
			at := r.IntN(1 << 12)
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(at >> 8), byte(at)}), bits).Masked()
			ps = append(ps, p)
			for i := range marks {
				marks[i] = marks[i] || p.Contains(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
			}
		}
		return ps, marks
	}
	for range 300 {
		ps, one := draw()
		qs, two := draw()
		a, err := Union(ps)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Union(qs)
		if err != nil {
			t.Fatal(err)
		}
		var count, both, without uint64
		for i := range one {
			if one[i] {
				count++
			}
			if one[i] && two[i] {
				both++
			}
			if one[i] && !two[i] {
				without++
			}
			if addr := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}); a.ContainsAll(netip.PrefixFrom(addr, 32)) != one[i] {
				t.Fatalf("%v: %s is %v", ps, addr, !one[i])
			}
		}
		if a.Count() != count || a.Intersect(b).Count() != both || a.Without(b).Count() != without {
			t.Fatalf("%v and %v: %d, %d, %d, want %d, %d, %d", ps, qs, a.Count(), a.Intersect(b).Count(), a.Without(b).Count(), count, both, without)
		}
	}
}

func TestByNetwork(t *testing.T) {
	p := func(s string) netip.Prefix { return netip.MustParsePrefix(s) }
	got := ByNetwork(union(t, "10.0.0.0/23", "10.9.0.0/24", "192.0.2.0/25"), []NetworkPrefix{
		{p("10.0.0.0/8"), "wide"}, {p("10.0.1.0/24"), "inside"}, {p("10.0.1.128/25"), "deep"}, {p("172.16.0.0/12"), "elsewhere"}, {p("10.9.0.0/24"), "wide"},
	})
	want := map[string]uint64{"wide": 256 + 256, "inside": 128, "deep": 128, "": 128}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func date(day int) time.Time { return time.Date(2018, 4, day, 0, 0, 0, 0, time.UTC) }

func TestGrow(t *testing.T) {
	got, err := Grow([]Snapshot{ // out of order: the day of observation orders them
		{date(17), prefixes("10.0.0.0/24", "10.0.0.0/25", "10.2.0.0/16")},
		{date(16), prefixes("10.0.0.0/24", "10.1.0.0/24")},
		{date(28), prefixes("10.0.0.0/24")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Growth{
		{date(16), 2, 512, 0, 0},
		{date(17), 3, 256 + 1<<16, 1 << 16, 256},
		{date(28), 1, 256, 0, 1 << 16},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCollateral(t *testing.T) {
	blocked := union(t, "10.1.0.0/16", "10.2.3.0/25")
	c := MeasureCollateral([]Resolution{
		{"up.example", prefixes("10.9.0.1/32"), 50},
		{"down.example", prefixes("10.1.0.1/32", "10.1.7.0/24"), 30},
		{"half.example", prefixes("10.1.0.1/32", "10.9.0.2/32"), 15},
		{"cut.example", prefixes("10.2.3.0/24"), 5}, // known to the /24, of which half is blocked
		{"six.example", prefixes("2001:db8::/48"), 0},
		{"none.example", nil, 7},
	}, blocked)
	if c.Domains != 5 || c.SoftDomains != 3 || c.HardDomains != 1 || c.WithoutAnswer != 1 ||
		c.Queries != 100 || c.SoftQueries != 50 || c.HardQueries != 30 {
		t.Errorf("got %+v", c)
	}
	near(t, "soft share", c.Soft.Value, .5, 0)
	near(t, "hard share", c.Hard.Value, .3, 0)
	near(t, "precision", Precision(blocked, union(t, "10.2.3.0/26")), 64./(65536+128), 1e-12)
	near(t, "precision of nothing", Precision(Addresses{}, blocked), 0, 0)
}

// TestOverblocked is the case of 10 March 2021: *t.co* was meant for Twitter's t.co.
func TestOverblocked(t *testing.T) {
	names := []string{"t.co", "pic.t.co", "reddit.com", "Microsoft.COM.", "rt.com", "twitter.com", "example.org", "notco.example"}
	want := []string{"reddit.com", "Microsoft.COM.", "rt.com"}
	if got := Overblocked("t.co", "t.co", names); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestWilsonAndNewcombe has the values of Newcombe's papers of 1998 (Statistics in
// Medicine 17: table I of the single proportion, table II of the difference).
func TestWilsonAndNewcombe(t *testing.T) {
	for _, c := range []struct {
		k, n      uint64
		low, high float64
	}{{81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, 0, .1611}, {1, 29, .0061, .1718}, {5, 5, .5655, 1}} {
		p := Wilson(c.k, c.n)
		near(t, "low", p.Low, c.low, 5e-5)
		near(t, "high", p.High, c.high, 5e-5)
	}
	d := Compare(Wilson(48, 80), Wilson(56, 70))
	near(t, "difference", d.Value, .2, 1e-12)
	near(t, "low", d.Low, .0524, 5e-5)
	near(t, "high", d.High, .3339, 5e-5)
	if none := Compare(Wilson(0, 0), Wilson(1, 2)); none.P != 1 || none.Low != -1 || none.High != 1 {
		t.Errorf("without observations the difference is %+v", none)
	}
}

// TestKaplanMeier has the remission times of Freireich et al. (1963), as in every textbook.
func TestKaplanMeier(t *testing.T) {
	var ls []Lifetime
	for _, x := range []float64{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		ls = append(ls, Lifetime{0, x, true})
	}
	for _, x := range []float64{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		ls = append(ls, Lifetime{0, x, false})
	}
	steps := KaplanMeier(ls)
	want := []struct {
		age   float64
		risk  int
		ended int
		share float64
	}{{6, 21, 3, .8571}, {7, 17, 1, .8067}, {10, 15, 1, .7529}, {13, 12, 1, .6902}, {16, 11, 1, .6275}, {22, 7, 1, .5378}, {23, 6, 1, .4482}}
	if len(steps) != len(want) {
		t.Fatalf("%d steps, want %d", len(steps), len(want))
	}
	for i, w := range want {
		s := steps[i]
		if s.Age != w.age || s.AtRisk != w.risk || s.Ended != w.ended {
			t.Errorf("step %d is %+v, want %+v", i, s, w)
		}
		near(t, "share", s.Share, w.share, 5e-5)
	}
	near(t, "median", Median(steps), 23, 0)
	// R: survfit(..., conf.type = "log-log") gives .6197 to .9516 at 6 and the median's interval 13 to NA.
	near(t, "low at 6", steps[0].Low, .6197, 5e-4)
	near(t, "high at 6", steps[0].High, .9516, 5e-4)
	low, high := MedianInterval(steps)
	near(t, "median's low", low, 13, 0)
	if !math.IsNaN(high) {
		t.Errorf("median's high is %v, want it open", high)
	}
	if m := Median(KaplanMeier([]Lifetime{{0, 5, false}})); !math.IsNaN(m) {
		t.Errorf("median without an end is %v", m)
	}
}

// TestLeftTruncation: who enters late is not at risk before.
func TestLeftTruncation(t *testing.T) {
	steps := KaplanMeier([]Lifetime{{0, 2, true}, {0, 5, true}, {3, 5, false}, {3, 6, true}})
	risks := []int{2, 3, 1}
	for i, s := range steps {
		if s.AtRisk != risks[i] {
			t.Errorf("at age %v %d are at risk, want %d", s.Age, s.AtRisk, risks[i])
		}
	}
	near(t, "share after 5", steps[1].Share, .5*2/3, 1e-12)
}

func TestTimeToBlock(t *testing.T) {
	steps := TimeToBlock([]Lag{{0, true}, {2, true}, {2, true}, {4, false}, {1, false}})
	if len(steps) != 2 || steps[0].Age != 0 || steps[1].Age != 2 {
		t.Fatalf("steps are %+v", steps)
	}
	near(t, "never blocked by day 0", steps[0].Share, .8, 1e-12)
	near(t, "by day 2", steps[1].Share, .8*1/3, 1e-12)
	near(t, "median", Median(steps), 2, 0)
}

func TestChurn(t *testing.T) {
	a, b, c, d := prefixes("10.0.0.0/24")[0], prefixes("10.0.1.0/24")[0], prefixes("10.0.2.0/24")[0], prefixes("10.0.3.0/24")[0]
	got := MeasureChurn([]Sighting{
		{date(1), []Endpoint{{a, 1}, {b, 1}}},
		{date(2), []Endpoint{{a, 1}, {c, 2}, {c, 2}}},
		{date(3), []Endpoint{{b, 1}, {c, 2}, {d, 3}}},
		{date(8), []Endpoint{{d, 3}}}, // nobody looked in between
	})
	want := []Change{
		{date(2), 2, 1, 0, 1, 1. / 3},
		{date(3), 3, 1, 1, 1, 1. / 4},
		{date(8), 1, 0, 0, 2, 1. / 3},
	}
	if !slices.Equal(got.Changes, want) {
		t.Errorf("changes are %+v, want %+v", got.Changes, want)
	}
	// a and b were there on the first day: their age is unknown. c lived 2 days, d still lives.
	if lives := []Lifetime{{0, 2, true}, {0, 6, false}}; !slices.Equal(got.Lifetimes, lives) {
		t.Errorf("lifetimes are %+v, want %+v", got.Lifetimes, lives)
	}
	if got.Moves[[2]uint32{1, 2}] != 1 || got.Moves[[2]uint32{1, 3}] != 1 || len(got.Moves) != 2 {
		t.Errorf("moves are %v", got.Moves)
	}
	if got.Networks[1] != 2 || got.Networks[2] != 1 || got.Networks[3] != 1 {
		t.Errorf("networks are %v", got.Networks)
	}
	if none := MeasureChurn(nil); len(none.Changes)+len(none.Lifetimes) != 0 {
		t.Errorf("no sightings gave %+v", none)
	}
}

// TestHeterogeneity has the BCG vaccine trials of Colditz et al. (1994), log risk ratios,
// with the results of metafor 4 (rma(method = "DL"), confint).
func TestHeterogeneity(t *testing.T) {
	var networks []NetworkEffect
	for _, x := range [][4]float64{
		{4, 123, 11, 139}, {6, 306, 29, 303}, {3, 231, 11, 220}, {62, 13598, 248, 12867}, {33, 5069, 47, 5808}, {180, 1541, 372, 1451}, {8, 2545, 10, 629},
		{505, 88391, 499, 88391}, {29, 7499, 45, 7277}, {17, 1716, 65, 1665}, {186, 50634, 141, 27338}, {5, 2498, 3, 2341}, {27, 16913, 29, 17854},
	} {
		networks = append(networks, NetworkEffect{
			Effect: math.Log(x[0] / x[1] / (x[2] / x[3])), Variance: 1/x[0] - 1/x[1] + 1/x[2] - 1/x[3],
		})
	}
	h, err := MeasureHeterogeneity(networks)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "tau squared", h.TauSquared, .3088, 5e-5)
	near(t, "I squared", h.ISquared, .9212, 5e-5)
	near(t, "Q", h.Q, 152.2330, 5e-4)
	near(t, "mean", h.Mean, -.7141, 5e-5)
	near(t, "SE", h.SE, .1787, 5e-5)
	near(t, "tau squared's low", h.TauLow, .1197, 5e-4)
	near(t, "tau squared's high", h.TauHigh, 1.1115, 5e-4)
	if h.P > 1e-20 {
		t.Errorf("p of Q is %v", h.P)
	}
	sum := 0.0
	for _, w := range h.Weights {
		sum += w
	}
	near(t, "sum of weights", sum, 1, 1e-12)
	if !(h.PredictLow < h.Low && h.High < h.PredictHigh) {
		t.Errorf("the prediction interval %v to %v is not wider than the mean's", h.PredictLow, h.PredictHigh)
	}
}

func TestHomogeneousNetworks(t *testing.T) {
	h, err := MeasureHeterogeneity([]NetworkEffect{{"a", .2, .01}, {"b", .21, .02}, {"c", .19, .01}})
	if err != nil || h.TauSquared != 0 || h.ISquared != 0 || h.TauLow != 0 {
		t.Errorf("got %+v, %v", h, err)
	}
	for _, bad := range [][]NetworkEffect{nil, {{"a", 1, 1}}, {{"a", 1, 1}, {"b", 1, 0}}, {{"a", 1, 1}, {"b", math.NaN(), 1}}, {{"a", 1, 1}, {"b", 1, math.Inf(1)}}} {
		if _, err := MeasureHeterogeneity(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

// TestContrast has Berkeley's admissions of 1973 (Bickel et al. 1975): R's
// mantelhaen.test(UCBAdmissions, correct = FALSE) gives 1.5246, p = .2169.
func TestContrast(t *testing.T) {
	admitted := func(yes, no uint64) Attempts { return Attempts{yes + no, yes} }
	c := MantelHaenszel([][2]Attempts{
		{admitted(89, 19), admitted(512, 313)}, {admitted(17, 8), admitted(353, 207)}, {admitted(202, 391), admitted(120, 205)},
		{admitted(131, 244), admitted(138, 279)}, {admitted(94, 299), admitted(53, 138)}, {admitted(24, 317), admitted(22, 351)},
	})
	near(t, "p", c.P, .2169, 5e-5)
	// One stratum is a plain difference.
	one := MantelHaenszel([][2]Attempts{{{100, 20}, {50, 25}}})
	near(t, "difference", one.Difference, .3, 1e-12)
}

func TestDecompose(t *testing.T) {
	cells := func(open, pattern, listed, both Attempts) Failures {
		return Failures{[2][2]Attempts{{open, pattern}, {listed, both}}}
	}
	for name, c := range map[string]struct {
		failures Failures
		want     Method
	}{
		"by address":     {cells(Attempts{500, 5}, Attempts{200, 2}, Attempts{300, 210}, Attempts{100, 71}), ByAddress},
		"by pattern":     {cells(Attempts{500, 5}, Attempts{200, 95}, Attempts{300, 4}, Attempts{100, 46}), ByPattern},
		"by both":        {cells(Attempts{500, 5}, Attempts{200, 95}, Attempts{300, 210}, Attempts{100, 90}), ByBoth},
		"by neither":     {cells(Attempts{500, 5}, Attempts{200, 3}, Attempts{300, 2}, Attempts{100, 1}), ByNeither},
		"tiny but sure":  {cells(Attempts{1e6, 1000}, Attempts{1e6, 3000}, Attempts{1e6, 1000}, Attempts{1e6, 3000}), ByNeither},
		"nothing listed": {cells(Attempts{500, 5}, Attempts{200, 95}, Attempts{}, Attempts{}), Unknown},
		"confounded":     {cells(Attempts{900, 9}, Attempts{10, 0}, Attempts{10, 7}, Attempts{900, 640}), ByAddress}, // the pattern goes almost only to listed addresses
	} {
		t.Run(name, func(t *testing.T) {
			if d := Decompose(c.failures); d.Method != c.want {
				t.Errorf("method %s (%+v), want %s", d.Method, d, c.want)
			}
		})
	}
}

// TestContrastCovers draws tables with a known difference: its interval must cover it.
func TestContrastCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(n int, p float64) Attempts {
		a := Attempts{Tried: uint64(n)}
		for range n {
			if r.Float64() < p {
				a.Failed++
			}
		}
		return a
	}
	const reps = 2000
	covered := 0
	for range reps {
		c := MantelHaenszel([][2]Attempts{{draw(150, .05), draw(80, .35)}, {draw(60, .4), draw(200, .7)}})
		if c.Low <= .3 && .3 <= c.High {
			covered++
		}
	}
	// Binomial error of 2000 draws is .005; five of them around .95.
	near(t, "coverage", float64(covered)/reps, .95, .025)
}

func TestAdoption(t *testing.T) {
	a := MeasureAdoption([]Users{{2, 98}, {2, 98}}, []Users{{10, 90}, {12, 88}})
	near(t, "before", a.Before.Value, .02, 1e-12)
	near(t, "after", a.After.Value, .11, 1e-12)
	near(t, "change", a.Change.Value, .09, 1e-12)
	if !(a.Change.Low > 0) || a.Change.P > .001 {
		t.Errorf("change is %+v", a.Change)
	}
	if none := MeasureAdoption(nil, nil); none.Change.P != 1 {
		t.Errorf("nobody: %+v", none)
	}
}

func TestBorder(t *testing.T) {
	domestic := func(asn uint32) bool { return asn < 100 }
	b := MeasureBorder([]Link{{1, 200}, {200, 1}, {1, 201}, {300, 2}, {1, 2}, {200, 201}, {3, 200}}, domestic)
	if b.Networks != 3 || b.Links != 4 {
		t.Errorf("got %+v, want 3 networks and 4 links", b)
	}
	near(t, "HHI", b.HHI, .25+.0625+.0625, 1e-12)
	near(t, "top three", b.TopThree, 1, 1e-12)
	if none := MeasureBorder(nil, domestic); none != (Border{}) {
		t.Errorf("no links gave %+v", none)
	}
}

// TestNetworkEffects plants effects in networks with Poisson-like noise and asks for them back.
func TestNetworkEffects(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	var networks []NetworkUse
	planted := []float64{0, .2, .4}
	for i, effect := range planted {
		users := make([]float64, 120)
		for d := range users {
			level := 400 * math.Exp(.1*math.Sin(2*math.Pi*float64(d)/7))
			if d >= 100 {
				level *= math.Exp(effect)
			}
			users[d] = math.Round(level + math.Sqrt(level)*random.NormFloat64())
		}
		users[50] = math.NaN()
		networks = append(networks, NetworkUse{fmt.Sprint(i), users})
	}
	effects, err := NetworkEffects(networks, 100, Windows{28, 7})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range effects {
		if math.Abs(e.Effect-planted[i]) > 3*math.Sqrt(e.Variance) || e.Variance > .002 {
			t.Errorf("network %s: %v with variance %v, want %v", e.Network, e.Effect, e.Variance, planted[i])
		}
	}
	if _, err := NetworkEffects(networks, 30, Windows{28, 7}); !errors.Is(err, ErrTooShort) {
		t.Errorf("error %v, want ErrTooShort", err)
	}
}

// TestNoiseIsTheNetworksOwn gives all networks the same effect and a large noise in common: Cochran's
// Q must reject that they are alike in about one case in twenty, as it says.
func TestNoiseIsTheNetworksOwn(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	const runs = 400
	rejected := 0
	for range runs {
		common := make([]float64, 120)
		for d := range common {
			common[d] = .1*random.NormFloat64() + .3*float64(d/100)
		}
		var networks []NetworkUse
		for i := range 8 {
			users := make([]float64, len(common))
			for d := range users {
				level := float64(40+20*i) * math.Exp(common[d])
				users[d] = math.Max(0, math.Round(level+math.Sqrt(level)*random.NormFloat64()))
			}
			networks = append(networks, NetworkUse{fmt.Sprint(i), users})
		}
		effects, err := NetworkEffects(networks, 100, Windows{28, 7})
		if err != nil {
			t.Fatal(err)
		}
		h, err := MeasureHeterogeneity(effects)
		if err != nil {
			t.Fatal(err)
		}
		if h.P < .05 {
			rejected++
		}
	}
	if share := float64(rejected) / runs; share < .02 || share > .1 {
		t.Errorf("alike networks are found to differ in %.1f %% of the runs, want about 5", 100*share)
	}
}

// TestDose asks for the slope of an exact line, and for the
// size of the test where effects do not follow the degree.
func TestDose(t *testing.T) {
	line := []NetworkEffect{{"a", .1, .01}, {"b", .2, .01}, {"c", .3, .01}, {"d", .4, .01}, {"unknown", 9, .01}}
	degree := map[string]float64{"a": 0, "b": .25, "c": .5, "d": .75, "unknown": math.NaN()}
	d, err := MeasureDose(line, degree)
	if err != nil || d.Networks != 4 || math.Abs(d.Slope-.4) > 1e-12 || !(d.Low < .4 && .4 < d.High) {
		t.Errorf("%+v, %v: want a slope of .4 over 4 networks", d, err)
	}
	if _, err := MeasureDose(line[:3], degree); !errors.Is(err, ErrNoDose) {
		t.Errorf("three networks: %v", err)
	}
	if _, err := MeasureDose(line, map[string]float64{"a": .5, "b": .5, "c": .5, "d": .5}); !errors.Is(err, ErrNoDose) {
		t.Errorf("networks that enforce alike: %v", err)
	}
	random := rand.New(rand.NewPCG(3, 9))
	const runs = 1000
	found := 0
	for range runs {
		degree, effects := map[string]float64{}, []NetworkEffect(nil)
		for i := range 8 {
			name, v := fmt.Sprint(i), .002+.008*random.Float64()
			degree[name] = random.Float64()
			effects = append(effects, NetworkEffect{name, .2 + .1*random.NormFloat64() + math.Sqrt(v)*random.NormFloat64(), v})
		}
		d, err := MeasureDose(effects, degree)
		if err != nil {
			t.Fatal(err)
		}
		if d.P < .05 {
			found++
		}
	}
	if share := float64(found) / runs; share > .07 {
		t.Errorf("a dose is found where there is none in %.1f %%", 100*share)
	}
}

// TestBorderIsOneNumber: the sum over networks must not depend on the order of a map.
func TestBorderIsOneNumber(t *testing.T) {
	var links []Link
	for i := range uint32(900) {
		for j := range i%7 + 1 {
			links = append(links, Link{i + 1, 10_000 + j})
		}
	}
	domestic := func(asn uint32) bool { return asn < 10_000 }
	first := MeasureBorder(links, domestic)
	for range 50 {
		if again := MeasureBorder(links, domestic); again != first {
			t.Fatalf("%+v, then %+v", first, again)
		}
	}
}
