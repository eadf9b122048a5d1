package spike

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMaskCoverage(t *testing.T) {
	coverage := make([]float64, 60)
	for i := range coverage {
		coverage[i] = 80
	}
	coverage[30], coverage[31], coverage[32], coverage[40] = 50, 61, math.NaN(), 120
	for i := 50; i < 60; i++ {
		coverage[i] = 65 // a lasting but small change
	}
	for i, m := range maskCoverage(coverage, .75, 1.35) {
		if want := i == 30 || i == 40; m != want {
			t.Errorf("day %d of coverage %g: masked %v", i, coverage[i], m)
		}
	}
}

// TestCounts compares with scipy.stats 1.17 (poisson.sf, nbinom.sf, nbinom.cdf).
func TestCounts(t *testing.T) {
	poisson, nb := counts{mean: 7.5, size: math.Inf(1)}, counts{mean: 7.5, size: 3}
	for name, pair := range map[string][2]float64{
		"poisson P(X>=12)": {poisson.upper(12), 0.07924131}, "poisson P(X<=3)": {poisson.lower(3), 0.05914546},
		"negative binomial P(X>=20)": {nb.upper(20), 0.02851397}, "negative binomial P(X<=1)": {nb.lower(1), 0.07330279},
		"P(X>=0)": {nb.upper(0), 1}, "P(X<=-1)": {nb.lower(-1), 0},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-7 {
			t.Errorf("%s = %.8f, want %.8f", name, pair[0], pair[1])
		}
	}
	// Against the sum of the probabilities themselves.
	for _, c := range []counts{poisson, nb} {
		sum := 0.0
		for k := 0.0; k <= 30; k++ {
			if math.IsInf(c.size, 1) {
				l, _ := math.Lgamma(k + 1)
				sum += math.Exp(k*math.Log(c.mean) - c.mean - l)
			} else {
				a, _ := math.Lgamma(k + c.size)
				b, _ := math.Lgamma(c.size)
				l, _ := math.Lgamma(k + 1)
				sum += math.Exp(a - b - l + c.size*math.Log(c.size/(c.size+c.mean)) + k*math.Log(c.mean/(c.size+c.mean)))
			}
			if math.Abs(c.cdf(k)-sum) > 1e-12 {
				t.Fatalf("%+v: cdf(%g) = %.15f, sum %.15f", c, k, c.cdf(k), sum)
			}
		}
	}
	if z := (counts{mean: 10, size: math.Inf(1)}).z(10); math.Abs(z) > .3 {
		t.Errorf("z of the expectation itself is %.2f", z)
	}
}

func TestFitCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var observed, expected []float64
	for range 20000 { // negative binomial of size 4: a Poisson with a gamma mean
		mean := 0.0
		for range 4 {
			mean -= math.Log(1-rng.Float64()) * 10 / 4
		}
		k, p, limit := -1.0, 1.0, math.Exp(-mean)
		for p > limit {
			p *= rng.Float64()
			k++
		}
		observed, expected = append(observed, k), append(expected, 10)
	}
	if k := fitCounts(observed, expected); k < 3.7 || k > 4.3 {
		t.Errorf("size %.2f, want 4", k)
	}
	if k := fitCounts([]float64{10, 10, 11, 9}, []float64{10, 10, 10, 10}); !math.IsInf(k, 1) {
		t.Errorf("size %.2f of counts calmer than Poisson, want infinite", k)
	}
}

// TestIntervalCovers draws a mean of seven dependent days and asks how often the interval
// from the ninety days before holds its expectation.
func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, phi := range []float64{0, .5, .8} {
		const runs = 400
		covered := 0
		for range runs {
			x, path := 0.0, make([]float64, 97)
			for range 50 {
				x = phi*x + rng.NormFloat64()
			}
			for i := range path {
				x = phi*x + rng.NormFloat64()
				path[i] = x
			}
			estimate, _ := mean(path[90:])
			low, high := interval(estimate, blockBootstrap(path[:90], 7, 7, 400, rng), .05)
			if low <= 0 && 0 <= high {
				covered++
			}
		}
		if share := float64(covered) / runs; share < .90 || share > .985 {
			t.Errorf("phi %g: covers in %.1f %%, want about 95", phi, 100*share)
		}
	}
}

func TestRankFloor(t *testing.T) {
	others := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	if p := rankP(100, others, 1); p != .1 {
		t.Errorf("the largest of ten has p %g", p)
	}
	if p := rankP(9, others, 1); p != .2 {
		t.Errorf("a tie counts against: p %g", p)
	}
	if p := rankP(-1, others, -1); math.Abs(p-.2) > 1e-12 {
		t.Errorf("a drop to 1: p %g", p)
	}
	if p := rankP(1, nil, 1); !math.IsNaN(p) {
		t.Errorf("no placebo, but p %g", p)
	}
}

// TestPlacesAreThoseOfSorting compares with sorting, lists with few and with many equal values.
func TestPlacesAreThoseOfSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 61))
	for try := range 400 {
		n := try % 71
		xs := make([]float64, n)
		for i := range xs {
			if xs[i] = random.NormFloat64(); try%2 == 1 {
				xs[i] = math.Round(2 * xs[i])
			}
		}
		sorted := slices.Sorted(slices.Values(xs))
		for _, p := range []float64{0, .25, .9, 1} {
			if got, want := quantileOf(slices.Clone(xs), p), quantile(sorted, p); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%v: quantile %g is %g, want %g", xs, p, got, want)
			}
		}
		if len(xs) == 0 {
			continue
		}
		if got, want := median(slices.Clone(xs)), (sorted[(n-1)/2]+sorted[n/2])/2; got != want {
			t.Fatalf("%v: median %g, want %g", xs, got, want)
		}
	}
}
