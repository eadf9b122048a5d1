package outlier

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// rosner are the 54 values of Rosner (1983), as in the NIST/SEMATECH e-Handbook, 1.3.5.17.3.
var rosner = []float64{-0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69, 1.70,
	1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40,
	2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01}

func TestESDRosner(t *testing.T) {
	if len(rosner) != 54 {
		t.Fatalf("%d values", len(rosner))
	}
	steps, n := ESD(rosner, 10, .05)
	if n != 3 || len(steps) != 10 {
		t.Fatalf("%d outliers in %d steps, want 3 in 10", n, len(steps))
	}
	want := []struct{ value, r, critical float64 }{{6.01, 3.118, 3.158}, {5.42, 2.942, 3.151}, {5.34, 3.179, 3.144}}
	for i, w := range want {
		s := steps[i]
		if s.Value != w.value || math.Abs(s.R-w.r) > .001 || math.Abs(s.Critical-w.critical) > .001 {
			t.Errorf("step %d: %+v, want %+v", i+1, s, w)
		}
	}
}

func TestDanezisVectors(t *testing.T) {
	ratios := []float64{.9, .95, 1, 1, 1.02, 1.05, 1.1, 1.15}
	mean, sd, err := DanezisTrend(ratios)
	if err != nil || math.Abs(mean-1.02125) > 1e-9 || math.Abs(sd-.0744039) > 1e-7 {
		t.Errorf("trend %.6f, %.7f, %v", mean, sd, err)
	}
	normal := distuv.Normal{Mu: mean, Sigma: sd}
	if low, high := normal.Quantile(1e-4), normal.Quantile(1-1e-4); math.Abs(low-.744541) > 5e-7 || math.Abs(high-1.297959) > 5e-7 {
		t.Errorf("quantiles %.6f, %.6f, want .744541, 1.297959", low, high)
	}
	if low, high := DanezisRange(1000, mean, sd); low != 658 || high != 1453 {
		t.Errorf("range of 1000: %g, %g, want 658, 1453", low, high)
	}
	mean, sd, _ = DanezisTrend([]float64{1, 1, 1, 1, 1.1, 1.1, 1.1, 1.1})
	if low, high := DanezisRange(50, mean, sd); low != 22 || high != 96 {
		t.Errorf("range of 50: %g, %g, want 22, 96", low, high)
	}
	for lambda, want := range map[float64][2]float64{1000: {885, 1120}, 50: {26, 78}} {
		if l, h := poissonQuantile(1e-4, lambda), poissonQuantile(1-1e-4, lambda); l != want[0] || h != want[1] {
			t.Errorf("Poisson(%g): %g, %g, want %v", lambda, l, h, want)
		}
	}
	if _, _, err := DanezisTrend(ratios[:7]); err == nil {
		t.Error("seven ratios were enough")
	}
}

func TestDanezisFindsAJump(t *testing.T) {
	users := make([][]float64, 10)
	for i := range users {
		users[i] = make([]float64, 30)
		for d := range users[i] {
			users[i][d] = float64(500 + 40*i + 7*((i*d)%11))
		}
	}
	users[3][20] *= 3
	users[5][22] = math.NaN()
	marks := Danezis(users)
	if marks[3][20] != 1 || marks[5][22] != 0 || marks[3][27] != -1 {
		t.Errorf("jump %d, missing %d, a week later %d; want 1, 0, -1", marks[3][20], marks[5][22], marks[3][27])
	}
}
