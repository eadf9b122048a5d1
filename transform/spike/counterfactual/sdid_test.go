package counterfactual

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestCalifornia reproduces table 1 of Arkhangelsky et al. (2021): packs a head after Proposition 99.
func TestCalifornia(t *testing.T) {
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", "synth", "california_prop99.csv"))
	if err != nil {
		t.Skip("california_prop99.csv is absent")
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comma = ';'
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const pre = 19
	states := map[string][]float64{}
	for _, row := range rows[1:] {
		packs, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		states[row[0]] = append(states[row[0]], packs)
	}
	var donors [][]float64
	for name, packs := range states {
		if name != "California" {
			donors = append(donors, packs)
		}
	}
	s, err := SyntheticDiD(states["California"], donors, pre)
	if err != nil {
		t.Fatal(err)
	}
	sc := synthesise(states["California"], donors, pre)
	did := DifferenceInDifferences(states["California"], donors, pre, .05)
	t.Logf("SDID %.3f, synthetic control %.3f, difference in differences %.3f", s.Effect, sc.Effect, did.Effect)
	for name, pair := range map[string][2]float64{"SDID": {s.Effect, -15.6}, "synthetic control": {sc.Effect, -19.6}, "difference in differences": {did.Effect, -27.3}} {
		if math.Abs(pair[0]-pair[1]) > .1 {
			t.Errorf("%s: %.3f, published %.1f", name, pair[0], pair[1])
		}
	}
}

// TestSyntheticDiDFindsTheEffect asks about a made panel with unit and time effects that no equal weights take off.
func TestSyntheticDiDFindsTheEffect(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	donors := make([][]float64, 12)
	for j := range donors {
		donors[j] = make([]float64, 48)
		for d := range donors[j] {
			donors[j][d] = float64(j) + float64(j%3)*math.Sin(float64(d)/5) + .02*rng.NormFloat64()
		}
	}
	treated := make([]float64, 48)
	for d := range treated {
		treated[d] = 7 + 2*math.Sin(float64(d)/5) + .02*rng.NormFloat64()
		if d >= 40 {
			treated[d] += .5
		}
	}
	s, err := SyntheticDiD(treated, donors, 40)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.Effect-.5) > .05 {
		t.Errorf("effect %.3f, want .5", s.Effect)
	}
	if _, err := SyntheticDiD(treated, donors[:1], 40); err == nil {
		t.Error("one donor was accepted")
	}
}
