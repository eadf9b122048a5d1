package changepoint

import (
	"bufio"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// nile is the annual flow of the Nile at Aswan 1871-1970, in 10^8 m^3 (Cobb, Biometrika
// 65, 1978; public domain).
var nile = []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
	1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
	781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
	744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740}

func TestNile(t *testing.T) {
	sum, square := prefix(nile)
	n := float64(len(nile))
	variance := square[100]/n - sum[100]/n*sum[100]/n
	if math.Abs(variance-28351.5675) > 1e-6 {
		t.Fatalf("variance %.4f: the data are not the reference's", variance)
	}
	for _, factor := range []float64{2, 3} {
		if got := PELT(nile, 2, factor*math.Log(n)*variance); !slices.Equal(got, []int{28, 100}) {
			t.Errorf("factor %g: %v, want one change at 28 (1899)", factor, got)
		}
	}
	before, after := sum[28]/28, (sum[100]-sum[28])/72
	if math.Abs(before-1097.75) > 1e-9 || math.Abs(after-849.9722) > 1e-4 {
		t.Errorf("means %.4f, %.4f", before, after)
	}
	rest := square[100] - 28*before*before - 72*after*after
	if math.Abs(n*variance-2835156.75) > .01 || math.Abs(rest-1597457.194) > .01 {
		t.Errorf("sums of squares %.3f, %.3f", n*variance, rest)
	}
}

// TestPiecewise compares with ruptures 1.1.10, Pelt(model="l2", min_size=2, jump=1).
func TestPiecewise(t *testing.T) {
	f, err := os.Open("testdata/piecewise.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var y []float64
	for s := bufio.NewScanner(f); s.Scan(); {
		if x, err := strconv.ParseFloat(s.Text(), 64); err == nil {
			y = append(y, x)
		} else if !strings.HasPrefix(s.Text(), "#") {
			t.Fatal(err)
		}
	}
	for i, want := range []float64{7.94880328, 7.11256051, 8.84500241} {
		if math.Abs(y[i]-want) > 5e-9 {
			t.Errorf("value %d is %.8f, want %.8f", i, y[i], want)
		}
	}
	if got := PELT(y, 2, 2*math.Log(500)); !slices.Equal(got, []int{102, 206, 298, 399, 500}) {
		t.Errorf("got %v", got)
	}
}

// TestPELTAgainstAllSegmentations compares with an exhaustive search on short series.
func TestPELTAgainstAllSegmentations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n, size, penalty := 3+rng.IntN(9), 1+rng.IntN(3), 4*rng.Float64()
		y := make([]float64, n)
		for i := range y {
			y[i] = rng.NormFloat64() + float64(3*(i/4))
		}
		want := math.Inf(1)
		for mask := range 1 << (n - 1) {
			ends := []int{}
			for i := range n - 1 {
				if mask>>i&1 == 1 {
					ends = append(ends, i+1)
				}
			}
			want = math.Min(want, total(y, append(ends, n), size, penalty))
		}
		if got := total(y, PELT(y, size, penalty), size, penalty); size <= n && math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v size %d penalty %.2f: cost %g, want %g", y, size, penalty, got, want)
		}
	}
}

// total is the cost of a segmentation, infinite where a segment is too short.
func total(y []float64, ends []int, size int, penalty float64) float64 {
	sum, from := 0.0, 0
	for i, to := range ends {
		if to-from < size {
			return math.Inf(1)
		}
		m := 0.0
		for _, v := range y[from:to] {
			m += v / float64(to-from)
		}
		for _, v := range y[from:to] {
			sum += (v - m) * (v - m)
		}
		if i > 0 {
			sum += penalty
		}
		from = to
	}
	return sum
}

// TestPenalty counts changes in autocorrelated noise without any change.
func TestPenalty(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	plain, inflated := 0, 0
	for range 50 {
		y, x := make([]float64, 365), 0.0
		for i := range y {
			x = .7*x + rng.NormFloat64()
			y[i] = x
		}
		plain += len(PELT(y, 7, 2/(1-.49)*math.Log(365))) - 1
		inflated += len(PELT(y, 7, Penalty(y))) - 1
	}
	t.Logf("changes found in 50 years of AR(1) noise: %d with 2 sigma^2 log n, %d with the long-run variance", plain, inflated)
	if inflated > 25 || plain < 4*inflated {
		t.Errorf("the long-run variance leaves %d false changes (of %d)", inflated, plain)
	}
}

func TestBOCPD(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	b := NewBOCPD(0, 1)
	first, early := -1, 0
	for i := range 200 {
		x := rng.NormFloat64()
		if i >= 120 {
			x += 4
		}
		flag, _ := b.Next(x)
		if flag && i < 120 {
			early++
		}
		if flag && i >= 120 && first < 0 {
			first = i
		}
		if i == 60 {
			b.Next(math.NaN())
		}
	}
	if first < 120 || first > 124 || early > 0 {
		t.Errorf("flagged first on day %d, %d days too early; want 120 to 124", first, early)
	}
}

func TestCUSUM(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	alarms, days := 0, 40000
	c := &CUSUM{Slack: .5, Limit: 5, Most: math.Inf(1), Calm: 3}
	for range days {
		if c.Next(rng.NormFloat64()) != 0 {
			alarms++
		}
	}
	// The two-sided average run length of k = 1/2, h = 5 is 465 (Hawkins and Olwell, table 3.2).
	if runLength := float64(days) / float64(alarms); runLength < 380 || runLength > 620 {
		t.Errorf("%d false alarms in %d days: one in %.0f, want one in about 465", alarms, days, runLength)
	}
	c = &CUSUM{Slack: .5, Limit: 5, Most: math.Inf(1), Calm: 3}
	raised := 0
	for range 30 { // one alarm however long it lasts
		raised += c.Next(2)
	}
	if raised != 1 || c.In != 1 {
		t.Errorf("raised %d times, state %d; want once, +1", raised, c.In)
	}
	for range 3 {
		c.Next(0)
	}
	if c.In != 0 {
		t.Error("still in alarm after three calm days")
	}
	for range 8 {
		raised += c.Next(-2)
	}
	if raised != 0 { // +1 and then -1
		t.Errorf("the drop was not raised: %d", raised)
	}
}
