package stl

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

func numbers(t *testing.T, path string) []float64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var xs []float64
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		x, err := strconv.ParseFloat(s.Text(), 64)
		if err != nil {
			t.Fatal(err)
		}
		xs = append(xs, x)
	}
	return xs
}

// TestCO2 compares with statsmodels 0.15's STL(period=12, seasonal=7) on the Mauna Loa series.
func TestCO2(t *testing.T) {
	co2 := numbers(t, "testdata/co2.csv")
	if len(co2) != 526 {
		t.Fatalf("%d months", len(co2))
	}
	for _, c := range []struct {
		robust                     bool
		first, last, season, resid float64
	}{{false, 315.119077, 371.475753, .905052, .194938}, {true, 315.273401, 371.505884, .837575, .254855}} {
		r, err := Decompose(co2, Config{Period: 12, Seasonal: 7, Robust: c.robust})
		if err != nil {
			t.Fatal(err)
		}
		sum, square := 0.0, 0.0
		for i, v := range r.Remainder {
			sum, square = sum+v, square+v*v
			if math.Abs(r.Trend[i]+r.Seasonal[i]+v-co2[i]) > 1e-9 {
				t.Fatalf("month %d: the parts do not sum to the series", i)
			}
		}
		n := float64(len(co2))
		sd := math.Sqrt((square - sum*sum/n) / (n - 1))
		for name, pair := range map[string][2]float64{"first trend": {r.Trend[0], c.first}, "last trend": {r.Trend[525], c.last},
			"first season": {r.Seasonal[0], c.season}, "sd": {sd, c.resid}} {
			if math.Abs(pair[0]-pair[1]) > 1e-4*math.Max(1, math.Abs(pair[1])/100) {
				t.Errorf("robust %v: %s %.6f, want %.6f", c.robust, name, pair[0], pair[1])
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		y []float64
		c Config
	}{
		"short":   {make([]float64, 13), Config{Period: 7, Seasonal: 7}},
		"even":    {make([]float64, 30), Config{Period: 7, Seasonal: 8}},
		"missing": {append(make([]float64, 30), math.NaN()), Config{Period: 7, Seasonal: 7}},
	} {
		if _, err := Decompose(c.y, c.c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
