package bsts

import (
	"bufio"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// nile is the annual flow of the Nile at Aswan 1871-1970 (public domain).
var nile = []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
	1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
	744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740}

// TestNileLocalLevel compares with statsmodels (and with Durbin and Koopman's 15,099 and 1,469.1).
func TestNileLocalLevel(t *testing.T) {
	l, err := FitLocalLevel(nile)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", l)
	if math.Abs(l.Noise/15078-1) > .02 || math.Abs(l.Drift/1478.8-1) > .02 || math.Abs(l.LogLikelihood+632.5378) > .1 {
		t.Errorf("%+v, want 15,078.0, 1,478.8, -632.5378 within 2 %%", l)
	}
}

// table reads the numbers of a file of the measurements' folder, or skips.
func table(t *testing.T, name string) (header []string, rows [][]string) {
	t.Helper()
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", "causalimpact", name))
	if err != nil {
		t.Skipf("%s: %s is absent", t.Name(), name)
	}
	defer f.Close()
	split := func(line string) []string {
		return strings.FieldsFunc(strings.ReplaceAll(line, `"`, ""), func(r rune) bool { return r == ',' || r == ' ' })
	}
	s := bufio.NewScanner(f)
	for s.Scan() {
		if header == nil {
			header = split(s.Text())
			continue
		}
		rows = append(rows, split(s.Text()))
	}
	return header, rows
}

func column(t *testing.T, header []string, rows [][]string, name string) []float64 {
	t.Helper()
	for i, h := range header {
		if h != name {
			continue
		}
		var xs []float64
		for _, r := range rows {
			x, err := strconv.ParseFloat(r[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			xs = append(xs, x)
		}
		return xs
	}
	t.Fatalf("no column %s in %v", name, header)
	return nil
}

// TestCausalImpact compares with the R package's published results.
func TestCausalImpact(t *testing.T) {
	for _, c := range []struct {
		name, file, y string
		controls      []string
		pre           int
		add           float64 // to the days after
		effect, sd    float64
		low, high     float64
		tolerance     float64 // of the point, in its units
		significant   bool
	}{
		{"google", "google_data.csv", "y", []string{"x1", "x2"}, 61, 0, 27, 4.5, 18, 36, 1.35, true},
		{"comparison", "comparison_data.csv", "CHANGED", []string{"NOT_CHANGED_1", "NOT_CHANGED_2", "NOT_CHANGED_3"}, 90, 0, -657, 736, -2076, 832, 200, false},
		{"arma", "arma_data_r.csv", "y", []string{"X"}, 70, 0, .89, .3, .27, 1.5, .0445, true},
		{"arma and 5", "arma_data_r.csv", "y", []string{"X"}, 70, 4, 4.89, .31, 4.26, 5.47, .2445, true},
		{"basque", "basque.csv", "Basque", []string{"another"}, 21, 0, -.76, .31, -1.4, -.2, .038, true},
		{"volks", "volks_data.csv", "VolksWagen", []string{"BMW", "Allianz"}, 0, 0, -44, 5.6, -55, -33, 2.2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, rows := table(t, c.file)
			pre := c.pre
			for i, r := range rows {
				if c.name == "volks" && r[0] == "2015-09-13" {
					pre = i + 1
				}
			}
			var controls [][]float64
			for _, name := range c.controls {
				controls = append(controls, column(t, header, rows, name))
			}
			cfg := DefaultConfig()
			cfg.Iterations = 5000
			y := column(t, header, rows, c.y)
			for i := pre; i < len(y); i++ {
				y[i] += c.add
			}
			im, err := Estimated(y, controls, pre, cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("effect %.3f (%.3f) [%.3f, %.3f], %.1f %%, p %.4f, inclusion %.2f; R: %g (%g) [%g, %g]", im.Average.Mean, im.Average.SD,
				im.Average.Low, im.Average.High, 100*im.Relative.Mean, im.P, im.Inclusion, c.effect, c.sd, c.low, c.high)
			if math.Abs(im.Average.Mean-c.effect) > c.tolerance {
				t.Errorf("effect %.3f, want %g within %g", im.Average.Mean, c.effect, c.tolerance)
			}
			if im.Average.SD < .7*c.sd || im.Average.SD > 1.4*c.sd {
				t.Errorf("standard deviation %.3f, want about %g", im.Average.SD, c.sd)
			}
			if slack := .5 * c.sd; math.Abs(im.Average.Low-c.low) > slack || math.Abs(im.Average.High-c.high) > slack {
				t.Errorf("interval %.3f to %.3f, want %g to %g within %.3f", im.Average.Low, im.Average.High, c.low, c.high, slack)
			}
			if (im.P < .05) != c.significant {
				t.Errorf("p %.4f, significant in R: %v", im.P, c.significant)
			}
		})
	}
}

// TestSpikeAndSlabDropsNoise gives one control that matters and nine that do not.
func TestSpikeAndSlabDropsNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	controls := make([][]float64, 10)
	for j := range controls {
		controls[j] = make([]float64, 100)
		for d := range controls[j] {
			controls[j][d] = 10 + rng.NormFloat64()
		}
	}
	y := make([]float64, 100)
	for d := range y {
		y[d] = 5 + 2*controls[0][d] + .3*rng.NormFloat64()
		if d >= 90 {
			y[d]++
		}
	}
	y[40] = math.NaN()
	im, err := Estimated(y, controls, 90, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for j, p := range im.Inclusion {
		if j == 0 && p < .99 || j > 0 && p > .4 {
			t.Errorf("control %d is in with probability %.2f", j, p)
		}
	}
	if im.Average.Low > 1 || im.Average.High < 1 || im.Average.High-im.Average.Low > 1 {
		t.Errorf("effect [%.2f, %.2f], want 1 in it", im.Average.Low, im.Average.High)
	}
	if _, err := Estimated(y[:3], nil, 3, DefaultConfig()); err == nil {
		t.Error("no point after the event was accepted")
	}
}
