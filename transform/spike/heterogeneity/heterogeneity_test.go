package heterogeneity

import (
	"math"
	"testing"
)

// bcg are the 13 vaccine trials of Colditz et al. (JAMA 271, 1994): cases and others with and
// without vaccine. The expected figures are metafor's rma(method="DL").
var bcg = [][4]float64{{4, 119, 11, 128}, {6, 300, 29, 274}, {3, 228, 11, 209}, {62, 13536, 248, 12619}, {33, 5036, 47, 5761},
	{180, 1361, 372, 1079}, {8, 2537, 10, 619}, {505, 87886, 499, 87892}, {29, 7470, 45, 7232}, {17, 1699, 65, 1600},
	{186, 50448, 141, 27197}, {5, 2493, 3, 2338}, {27, 16886, 29, 17825}}

func TestPoolBCG(t *testing.T) {
	var effects []Effect
	for _, r := range bcg {
		a, b, c, d := r[0], r[1], r[2], r[3]
		effects = append(effects, Effect{Log: math.Log(a / (a + b) * (c + d) / c), StdErr: math.Sqrt(1/a - 1/(a+b) + 1/c - 1/(c+d))})
	}
	p, err := Pool(effects, .05)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]float64{"tau squared": {p.Tau2, .3088}, "I squared": {p.I2, .9212}, "Q": {p.Q, 152.2330},
		"mean": {p.Log, -.7141}, "standard error": {p.StdErr, .1787}} {
		if math.Abs(pair[0]-pair[1]) > 6e-5 {
			t.Errorf("%s %.4f, want %.4f", name, pair[0], pair[1])
		}
	}
}

func TestAlikeNetworks(t *testing.T) {
	p, err := Pool([]Effect{{"a", .2, .1}, {"b", .2, .1}, {"c", .2, .2}, {"none", .5, 0}}, .05)
	if err != nil || p.Tau2 != 0 || p.I2 != 0 || math.Abs(p.Log-.2) > 1e-12 || p.Networks != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Pool([]Effect{{"a", .2, .1}}, .05); err == nil {
		t.Error("one network was pooled")
	}
}
