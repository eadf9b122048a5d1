package bsts

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Config of the sampler.
type Config struct {
	// LevelSD is the prior standard deviation of the level's daily step, in standard deviations of
	// the series before the event: .01 by default; .1 is the usual sensitivity check.
	LevelSD float64
	// Iterations of the sampler; the first tenth is thrown away.
	Iterations int
	Seed       uint64
	Alpha      float64 // of the intervals
}

// DefaultConfig are CausalImpact's defaults.
func DefaultConfig() Config { return Config{LevelSD: .01, Iterations: 1000, Seed: 1, Alpha: .05} }

// levelWeight is how many observations the prior of the level's step is worth.
const levelWeight = 32

// Estimate is a posterior mean, its standard deviation and interval.
type Estimate struct{ Mean, SD, Low, High float64 }

// Impact is what the event did, by the model.
type Impact struct {
	Actual, Predicted Estimate // averages over the points after
	Average           Estimate // effect, average a point
	Cumulative        Estimate
	Relative          Estimate // effect over prediction
	// P is the posterior tail area of the observed sum.
	P float64
	// Inclusion is the posterior probability of each control.
	Inclusion []float64
	// Path and PathLow, PathHigh are the counterfactual by point.
	Path, PathLow, PathHigh []float64
}

// ErrShort means that there is too little before the event.
var ErrShort = errors.New("bsts: want at least 3 points before the event and one after, and controls without gaps")

// Estimated runs the model on y with controls (each as long as y); the event is at point pre.
// Missing points of y are NaN.
func Estimated(y []float64, controls [][]float64, pre int, cfg Config) (Impact, error) {
	n := len(y)
	if pre < 3 || pre >= n || cfg.Iterations < 10 {
		return Impact{}, ErrShort
	}
	for _, c := range controls {
		if len(c) != n || slices.ContainsFunc(c, math.IsNaN) {
			return Impact{}, ErrShort
		}
	}
	s := newSampler(y, controls, pre, cfg)
	for i := range cfg.Iterations {
		s.iterate()
		if i >= cfg.Iterations/10 {
			s.keep()
		}
	}
	return s.summary(y, cfg.Alpha), nil
}

// sampler is the state of the Gibbs sampler, on the standardised series.
type sampler struct {
	rng        *rand.Rand
	n, pre     int
	mean, sd   float64   // of y before the event
	y          []float64 // standardised; missing after the event
	used       []int     // points before the event that are known
	x          *mat.Dense
	reg        *regression
	level      level
	stepSS     float64
	mu, a, p   []float64
	fit        []float64 // regression part of every point
	kept       [][]float64
	inclusions []float64
	start      float64
}

func newSampler(y []float64, controls [][]float64, pre int, cfg Config) *sampler {
	n := len(y)
	s := &sampler{rng: rand.New(rand.NewPCG(cfg.Seed, 0)), n: n, pre: pre, y: make([]float64, n),
		mu: make([]float64, n), a: make([]float64, n), p: make([]float64, n), fit: make([]float64, n),
		inclusions: make([]float64, len(controls))}
	s.mean, s.sd = moments(y[:pre])
	if s.sd == 0 {
		s.sd = 1
	}
	for t := range y {
		s.y[t] = math.NaN()
		if t < pre && !math.IsNaN(y[t]) {
			s.y[t] = (y[t] - s.mean) / s.sd
			s.used = append(s.used, t)
		}
	}
	s.start = s.y[s.used[0]]
	s.x = mat.NewDense(n, len(controls)+1, nil)
	for t := range n {
		s.x.Set(t, 0, 1)
	}
	for j, c := range controls {
		m, sd := moments(c[:pre])
		if sd == 0 {
			sd = 1
		}
		for t, v := range c {
			s.x.Set(t, j+1, (v-m)/sd)
		}
	}
	if len(controls) > 0 {
		used := mat.NewDense(len(s.used), len(controls)+1, nil)
		for i, t := range s.used {
			used.SetRow(i, s.x.RawRowView(t))
		}
		s.reg = newRegression(used, 0, 1)
	}
	guess := cfg.LevelSD
	s.stepSS = levelWeight * guess * guess
	s.level = level{noise: 1 - expectedR2, drift: guess * guess}
	return s
}

// iterate samples the level, its step's variance, and the regression with its noise.
func (s *sampler) iterate() {
	rest := make([]float64, s.n)
	for t := range rest {
		rest[t] = s.y[t] - s.fit[t]
	}
	s.level.draw(rest, s.start, 1, s.rng, s.a, s.p, s.mu)
	s.drawStep()
	response := make([]float64, len(s.used))
	for i, t := range s.used {
		response[i] = s.y[t] - s.mu[t]
	}
	if s.reg == nil {
		s.drawNoise(response)
		return
	}
	s.reg.draw(response, s.rng)
	s.level.noise = s.reg.noise
	var fit mat.VecDense
	fit.MulVec(s.x, mat.NewVecDense(len(s.reg.beta), s.reg.beta))
	for t := range s.fit {
		s.fit[t] = fit.AtVec(t)
	}
}

// drawStep samples the variance of the level's step, at most that of the series itself.
func (s *sampler) drawStep() {
	ss := s.stepSS
	for t := 1; t < s.n; t++ {
		d := s.mu[t] - s.mu[t-1]
		ss += d * d
	}
	for {
		if v := ss / (2 * gamma(s.rng, (levelWeight+float64(s.n-1))/2)); v <= 1 {
			s.level.drift = v
			return
		}
	}
}

// drawNoise is the residual variance where there are no controls.
func (s *sampler) drawNoise(response []float64) {
	const df, guess = .01, 1 // SdPrior's defaults: almost no information
	ss := df * guess
	for _, v := range response {
		ss += v * v
	}
	s.level.noise = ss / (2 * gamma(s.rng, (df+float64(len(response)))/2))
}

// keep stores a draw of what y would have been.
func (s *sampler) keep() {
	path := make([]float64, s.n)
	for t := range path {
		path[t] = s.mean + s.sd*(s.mu[t]+s.fit[t]+math.Sqrt(s.level.noise)*s.rng.NormFloat64())
	}
	s.kept = append(s.kept, path)
	for j := range s.inclusions {
		if s.reg.in[j+1] {
			s.inclusions[j]++
		}
	}
}

func (s *sampler) summary(y []float64, alpha float64) Impact {
	draws := len(s.kept)
	im := Impact{Inclusion: s.inclusions, Path: make([]float64, s.n), PathLow: make([]float64, s.n), PathHigh: make([]float64, s.n)}
	for j := range im.Inclusion {
		im.Inclusion[j] /= float64(draws)
	}
	column := make([]float64, draws)
	for t := range s.n {
		for i := range s.kept {
			column[i] = s.kept[i][t]
		}
		e := estimate(column, alpha)
		im.Path[t], im.PathLow[t], im.PathHigh[t] = e.Mean, e.Low, e.High
	}
	actual, points := 0.0, 0.0
	for t := s.pre; t < s.n; t++ {
		if !math.IsNaN(y[t]) {
			actual, points = actual+y[t], points+1
		}
	}
	predicted, effect, total, relative := make([]float64, draws), make([]float64, draws), make([]float64, draws), make([]float64, draws)
	above, below := 1.0, 1.0
	for i, path := range s.kept {
		sum := 0.0
		for t := s.pre; t < s.n; t++ {
			if !math.IsNaN(y[t]) {
				sum += path[t]
			}
		}
		predicted[i], effect[i], total[i], relative[i] = sum/points, (actual-sum)/points, actual-sum, actual/sum-1
		if sum >= actual {
			above++
		}
		if sum <= actual {
			below++
		}
	}
	im.P = math.Min(above, below) / float64(draws+1)
	im.Actual = Estimate{Mean: actual / points, Low: actual / points, High: actual / points}
	im.Predicted, im.Average = estimate(predicted, alpha), estimate(effect, alpha)
	im.Cumulative, im.Relative = estimate(total, alpha), estimate(relative, alpha)
	return im
}

// estimate summarises draws.
func estimate(draws []float64, alpha float64) Estimate {
	sorted := slices.Clone(draws)
	slices.Sort(sorted)
	at := func(p float64) float64 {
		h := p * float64(len(sorted)-1)
		i := min(int(h), len(sorted)-2)
		return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
	}
	e := Estimate{Low: at(alpha / 2), High: at(1 - alpha/2)}
	e.Mean, e.SD = moments(draws)
	return e
}
