package simulate

import "math"

// random is a SplitMix64 generator (Steele, Lea, Flood: Fast Splittable Pseudorandom
// Number Generators, OOPSLA 2014). It is the project's own so that a seed means the same
// bytes whatever the Go release.
type random struct{ state uint64 }

// stream gives an independent generator for one part of the simulation, so that a change
// to one part leaves the others as they were.
func stream(seed uint64, keys ...uint64) random {
	r := random{seed}
	for _, k := range keys {
		r.state = r.next() ^ k*0x9e3779b97f4a7c15
	}
	r.next()
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// intn is uniform on [0, n) for 0 < n < 2^31.
func (r *random) intn(n int) int { return int(r.next() >> 32 * uint64(n) >> 32) }

// between is uniform on [low, high].
func (r *random) between(low, high int) int { return low + r.intn(high-low+1) }

// float is uniform on [0, 1).
func (r *random) float() float64 { return float64(r.next()>>11) / (1 << 53) }

func (r *random) chance(p float64) bool { return r.float() < p }

// normal is standard normal, by Box and Muller.
func (r *random) normal() float64 {
	u := 1 - r.float()
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*r.float())
}

// exponential has the given mean.
func (r *random) exponential(mean float64) float64 { return -mean * math.Log(1-r.float()) }

// poisson counts events of the given mean: by multiplication while that is quick, else by
// the rounded normal with its mean and variance (relative error of a probability under
// 1 % from a mean of 60 on, far under the day-to-day noise of the scenario).
func (r *random) poisson(mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean >= 60 {
		return max(0, int(math.Floor(mean+math.Sqrt(mean)*r.normal()+.5)))
	}
	limit, n := math.Exp(-mean), 0
	for p := r.float(); p > limit; p *= r.float() {
		n++
	}
	return n
}

// pick gives an index with a probability in proportion to its weight; cumulative holds
// running sums that end in 1.
func (r *random) pick(cumulative []float64) int {
	u := r.float()
	for i, c := range cumulative {
		if u < c {
			return i
		}
	}
	return len(cumulative) - 1
}

// cumulate turns weights into running sums that end in 1.
func cumulate(weights []float64) []float64 {
	sums, total := make([]float64, len(weights)), 0.0
	for _, w := range weights {
		total += w
	}
	run := 0.0
	for i, w := range weights {
		run += w / total
		sums[i] = run
	}
	return sums
}

// shuffled gives the numbers 0 to n-1 in random order.
func (r *random) shuffled(n int) []int {
	order := make([]int, n)
	for i := range order {
		j := r.intn(i + 1)
		order[i], order[j] = order[j], i
	}
	return order
}
