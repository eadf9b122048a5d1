package counterfactual

import (
	"math"
	"math/rand/v2"
	"testing"
)

// nile is the annual flow of the Nile at Aswan 1871-1970 (public domain); the dam of 1902 makes
// a step from 1899 on.
var nile = []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
	1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
	744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740}

func TestNileStep(t *testing.T) {
	s, err := InterruptedSeries(nile, 28, 4, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]float64{"effect": {s.Effect, -247.7778}, "OLS": {s.OLS, 28.4352},
		"Newey-West": {s.NeweyWest, 31.3394}, "n/(n-k)": {s.NeweyWestSmall, 31.6576}} {
		if math.Abs(pair[0]-pair[1]) > 5e-5 {
			t.Errorf("%s %.4f, want %.4f", name, pair[0], pair[1])
		}
	}
}

func TestSyntheticControlFindsTheWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	donors := make([][]float64, 6)
	for j := range donors {
		donors[j] = make([]float64, 72)
		for d := range donors[j] {
			donors[j][d] = 5 + math.Sin(float64(d)*(.1+.07*float64(j))) + .05*rng.NormFloat64()
		}
	}
	treated := make([]float64, 72)
	for d := range treated {
		treated[d] = .6*donors[1][d] + .4*donors[4][d]
		if d >= 64 {
			treated[d] += .3
		}
	}
	s, p, n, err := SpaceTest(treated, donors, 64)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.Weights[1]-.6) > .01 || math.Abs(s.Weights[4]-.4) > .01 || math.Abs(s.Effect-.3) > .01 {
		t.Errorf("weights %.3f, effect %.3f", s.Weights, s.Effect)
	}
	t.Logf("p %.3f over %d placebos", p, n)
	if _, err := SyntheticControl(treated, donors, 60); err == nil {
		t.Error("a short history was accepted")
	}
}

// TestFitSimplexAgainstSearch compares with a fine grid over two donors.
func TestFitSimplexAgainstSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		y, a, b := make([]float64, 10), make([]float64, 10), make([]float64, 10)
		for i := range y {
			y[i], a[i], b[i] = rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		}
		best, at := math.Inf(1), 0.0
		for g := 0; g <= 10000; g++ {
			w, sum := float64(g)/10000, 0.0
			for i := range y {
				e := y[i] - w*a[i] - (1-w)*b[i]
				sum += e * e
			}
			if sum < best {
				best, at = sum, w
			}
		}
		if got := fitSimplex(y, [][]float64{a, b}, 10); math.Abs(got[0]-at) > 2e-4 || math.Abs(got[0]+got[1]-1) > 1e-9 {
			t.Fatalf("weights %v, want %.4f", got, at)
		}
	}
}

// TestDiDSize checks that the interval covers no effect 95 times in 100.
func TestDiDSize(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	draw := func() []float64 {
		y := make([]float64, 35)
		shift := .05 * rng.NormFloat64() // a change of its own, as countries have
		for i := range y {
			y[i] = .02 * rng.NormFloat64()
			if i >= 28 {
				y[i] += shift
			}
		}
		return y
	}
	const runs = 2000
	rejected := 0
	for range runs {
		controls := make([][]float64, 12)
		for j := range controls {
			controls[j] = draw()
		}
		if DifferenceInDifferences(draw(), controls, 28, .05).P < .05 {
			rejected++
		}
	}
	if size := float64(rejected) / runs; size < .03 || size > .07 {
		t.Errorf("size %.3f, want .05", size)
	}
	if d := DifferenceInDifferences(draw(), nil, 28, .05); !math.IsNaN(d.Effect) {
		t.Errorf("an effect without controls: %v", d)
	}
}
