package pool_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/banshift/banshift/transform/pool"
)

// bcg are the 13 trials of BCG vaccine against tuberculosis of Colditz et al. (JAMA 271, 1994): with and without
// tuberculosis among the vaccinated, and among the others.
var bcg = [][4]float64{
	{4, 119, 11, 128}, {6, 300, 29, 274}, {3, 228, 11, 209}, {62, 13536, 248, 12619}, {33, 5036, 47, 5761},
	{180, 1361, 372, 1079}, {8, 2537, 10, 619}, {505, 87886, 499, 87892}, {29, 7470, 45, 7232}, {17, 1699, 65, 1600},
	{186, 50448, 141, 27197}, {5, 2493, 3, 2338}, {27, 16886, 29, 17825},
}

// riskRatios are their log risk ratios.
func riskRatios() []pool.Estimate {
	var list []pool.Estimate
	for _, t := range bcg {
		n, m := t[0]+t[1], t[2]+t[3]
		list = append(list, pool.Estimate{Name: "trial", Effect: math.Log(t[0] / n / (t[2] / m)), Variance: 1/t[0] - 1/n + 1/t[2] - 1/m})
	}
	return list
}

// TestPublished holds the published figures of these trials: of metafor (documentation of rma.uni and its tests against
// Stata's metan) tau squared and mean by REML and DerSimonian-Laird, Q, I squared and the Q-profile interval; of
// DerSimonian and Laird's mean the interval without Hartung and Knapp's factor.
func TestPublished(t *testing.T) {
	list := riskRatios()
	p, err := pool.Join(list, .05)
	if err != nil {
		t.Fatal(err)
	}
	dl := pool.DerSimonianLaird(list)
	_, mean, se := pool.Mean(list, dl)
	_, _, plain := pool.Mean(list, p.TauSquared)
	fixedWeights, fixed, _ := pool.Mean(list, 0)
	for name, c := range map[string]struct{ got, want, tolerance float64 }{
		"REML tau squared":          {p.TauSquared, .3132, 5e-5},
		"mean":                      {p.Mean, -.7145, 5e-5},
		"SE without the factor":     {plain, .1798, 5e-5},
		"Q":                         {p.Q, 152.2330, 5e-5},
		"I squared":                 {p.ISquared, .9222, 5e-5},
		"tau low":                   {p.TauLow, .1197, 5e-5},
		"tau high":                  {p.TauHigh, 1.1115, 5e-5},
		"DL tau squared":            {dl, .3088, 5e-5},
		"DL mean":                   {mean, -.7141, 5e-5},
		"DL low":                    {mean - 1.959964*se, -1.0644, 5e-5},
		"DL high":                   {mean + 1.959964*se, -.3638, 5e-5},
		"fixed mean":                {fixed, -.4303, 5e-5},
		"weights sum":               {sum(fixedWeights), 1, 1e-12},
		"Hartung-Knapp SE":          {p.SE, plain * math.Sqrt(pool.Spread(list, p.TauSquared)/12), 1e-12},
		"interval, t of 12 degrees": {(p.High - p.Low) / 2 / p.SE, 2.178813, 1e-6},
		"prediction, t of 11":       {(p.PredictHigh - p.Mean) / math.Sqrt(p.TauSquared+p.SE*p.SE), 2.200985, 1e-6},
	} {
		if math.Abs(c.got-c.want) > c.tolerance {
			t.Errorf("%s: %.6f, want %.4f", name, c.got, c.want)
		}
	}
	if p.N != 13 || !(p.P < .005) || !(p.PQ < 1e-20) {
		t.Errorf("%+v", p)
	}
}

func sum(xs []float64) float64 {
	s := 0.0
	for _, x := range xs {
		s += x
	}
	return s
}

// restricted is the restricted log likelihood of a variance between studies.
func restricted(list []pool.Estimate, tau float64) float64 {
	total, l := 0.0, 0.0
	for _, e := range list {
		total += 1 / (e.Variance + tau)
		l -= math.Log(e.Variance+tau) / 2
	}
	return l - math.Log(total)/2 - pool.Spread(list, tau)/2
}

// drawn are k studies with a known mean and variance between them.
func drawn(rng *rand.Rand, k int, mean, tau float64) []pool.Estimate {
	list := make([]pool.Estimate, k)
	for i := range list {
		v := .01 + .1*rng.ExpFloat64()
		list[i] = pool.Estimate{Name: "s", Effect: mean + math.Sqrt(tau+v)*rng.NormFloat64(), Variance: v}
	}
	return list
}

// TestREMLIsTheMaximum compares with a search over a grid.
func TestREMLIsTheMaximum(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		list := drawn(rng, 2+rng.IntN(15), .2, .2*rng.Float64())
		got, most := pool.REML(list), 0.0
		best := math.Inf(-1)
		for tau := 0.0; tau < 3; tau += .001 {
			if l := restricted(list, tau); l > best {
				best, most = l, tau
			}
		}
		if restricted(list, got) < best-1e-6 {
			t.Errorf("%d studies: %.4f (%.6f), the grid says %.3f (%.6f)", len(list), got, restricted(list, got), most, best)
		}
	}
}

// TestCoverage asks how often the intervals hold the truth: of five studies with unlike variances.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	covered, next := 0, 0
	const tries = 2000
	for range tries {
		p, err := pool.Join(drawn(rng, 5, .2, .05), .05)
		if err != nil {
			t.Fatal(err)
		}
		if p.Low <= .2 && .2 <= p.High {
			covered++
		}
		if x := .2 + math.Sqrt(.05)*rng.NormFloat64(); p.PredictLow <= x && x <= p.PredictHigh {
			next++
		}
	}
	t.Logf("mean %.1f %%, next study %.1f %%", 100*float64(covered)/tries, 100*float64(next)/tries)
	if covered < .93*tries || next < .9*tries {
		t.Errorf("mean covered in %d, next study in %d of %d", covered, next, tries)
	}
}

func TestFew(t *testing.T) {
	if _, err := pool.Join(nil, .05); err == nil {
		t.Error("nothing is joined")
	}
	if _, err := pool.Join([]pool.Estimate{{Effect: 1}}, .05); err == nil {
		t.Error("an effect without variance is joined")
	}
	one, err := pool.Join([]pool.Estimate{{Effect: .3, Variance: .01}}, .05)
	if err != nil || one.Mean != .3 || math.Abs(one.High-.496) > 1e-3 || !math.IsNaN(one.PredictLow) || !math.IsNaN(one.ISquared) {
		t.Errorf("%+v, %v", one, err)
	}
	two, err := pool.Join([]pool.Estimate{{Effect: .3, Variance: .01}, {Effect: .3, Variance: .01}}, .05)
	if err != nil || two.TauSquared != 0 || !math.IsNaN(two.PredictLow) || !(two.SE >= math.Sqrt(.005)-1e-12) {
		t.Errorf("%+v, %v", two, err)
	}
	if _, _, p := pool.Between([]pool.Pooled{one}); !math.IsNaN(p) {
		t.Error("one group has a p")
	}
	far := one
	far.Mean = 3
	if q, n, p := pool.Between([]pool.Pooled{one, far}); n != 1 || !(q > 100) || !(p < 1e-20) {
		t.Errorf("q %g, %d, p %g", q, n, p)
	}
}
