package blocking

import "math"

// z95 is the two-sided 95 % quantile of the standard normal.
const z95 = 1.959963984540054

// Proportion is a share with its 95 % interval.
type Proportion struct {
	Successes, Of    uint64
	Value, Low, High float64
}

// Wilson is the share k of n with Wilson's score interval (Wilson 1927); 0 to 1 for n = 0.
func Wilson(k, n uint64) Proportion {
	if n == 0 {
		return Proportion{High: 1}
	}
	p, m := float64(k)/float64(n), float64(n)
	scale := 1 + z95*z95/m
	centre := (p + z95*z95/(2*m)) / scale
	half := z95 / scale * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return Proportion{k, n, p, max(0, centre-half), min(1, centre+half)}
}

// Difference is a change of a share with its 95 % interval and two-sided p.
type Difference struct {
	Value, Low, High float64
	P                float64
}

// Compare is after minus before: interval by Newcombe's hybrid score method (Newcombe
// 1998, method 10), p by the pooled two-proportion z test.
func Compare(before, after Proportion) Difference {
	d := Difference{Value: after.Value - before.Value, Low: -1, High: 1, P: 1}
	if before.Of == 0 || after.Of == 0 {
		return d
	}
	d.Low = d.Value - math.Hypot(after.Value-after.Low, before.High-before.Value)
	d.High = d.Value + math.Hypot(after.High-after.Value, before.Value-before.Low)
	pooled := float64(before.Successes+after.Successes) / float64(before.Of+after.Of)
	if se := math.Sqrt(pooled * (1 - pooled) * (1/float64(before.Of) + 1/float64(after.Of))); se > 0 {
		d.P = math.Erfc(math.Abs(d.Value) / se / math.Sqrt2)
	}
	return d
}
