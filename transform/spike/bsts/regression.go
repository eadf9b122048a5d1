package bsts

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Priors of the R packages' defaults.
const (
	expectedModelSize = 3   // regressors
	expectedR2        = .8  // share of variance that they explain
	residualWeight    = 50  // observations that this guess is worth
	slabWeight        = .01 // observations that the prior of the coefficients is worth
	diagonalShrinkage = .5  // between Zellner's g prior (0) and independent coefficients (1)
)

// regression is a linear regression with a spike-and-slab prior on its coefficients and
// a conjugate prior on the residual variance. Source: George and McCulloch, JASA 88, 1993, with
// the coefficients integrated out.
type regression struct {
	x         *mat.Dense // of the points used
	gram      *mat.SymDense
	precision *mat.SymDense // of the slab, in units of 1/variance
	prior     []float64     // coefficients' prior means
	logOdds   float64       // of inclusion
	df, ss    float64       // of the residual variance

	in    []bool
	beta  []float64
	noise float64 // residual variance
}

// newRegression takes rows of regressors, the first one the intercept, and the moments
// of the response.
func newRegression(x *mat.Dense, mean, sd float64) *regression {
	n, k := x.Dims()
	r := &regression{x: x, gram: mat.NewSymDense(k, nil), precision: mat.NewSymDense(k, nil),
		prior: make([]float64, k), in: make([]bool, k), beta: make([]float64, k),
		df: residualWeight, ss: residualWeight * (1 - expectedR2) * sd * sd, noise: (1 - expectedR2) * sd * sd}
	r.gram.SymOuterK(1, x.T())
	for i := range k {
		for j := i; j < k; j++ {
			v := (1 - diagonalShrinkage) * r.gram.At(i, j)
			if i == j {
				v = r.gram.At(i, i)
			}
			r.precision.SetSym(i, j, slabWeight/float64(n)*v)
		}
	}
	r.prior[0] = mean
	r.logOdds = math.Inf(1)
	if p := expectedModelSize / float64(k); p < 1 {
		r.logOdds = math.Log(p / (1 - p))
	}
	for i := range r.in {
		r.in[i] = true
	}
	return r
}

// draw samples which regressors are in, the residual variance and the coefficients,
// given the response y of the points used.
func (r *regression) draw(y []float64, rng *rand.Rand) {
	var moment mat.VecDense
	moment.MulVec(r.x.T(), mat.NewVecDense(len(y), y))
	square := 0.0
	for _, v := range y {
		square += v * v
	}
	current := r.posterior(&moment, square, len(y))
	for _, i := range rng.Perm(len(r.in)) {
		if math.IsInf(r.logOdds, 1) {
			break // every regressor is certain to be in
		}
		r.in[i] = !r.in[i]
		other := r.posterior(&moment, square, len(y))
		odds := other.logLikelihood - current.logLikelihood + r.logOdds
		if !r.in[i] {
			odds = other.logLikelihood - current.logLikelihood - r.logOdds
		}
		if math.Log(rng.Float64()) < -math.Log1p(math.Exp(-odds)) {
			current = other
		} else {
			r.in[i] = !r.in[i]
		}
	}
	r.noise = current.ss / (2 * gamma(rng, current.df/2))
	r.drawCoefficients(current, rng)
}

// conjugate is the posterior for one choice of regressors.
type conjugate struct {
	logLikelihood, df, ss float64
	index                 []int
	mean                  *mat.VecDense
	chol                  mat.Cholesky // of the posterior precision, in units of 1/variance
}

// posterior integrates coefficients and variance out.
func (r *regression) posterior(moment *mat.VecDense, square float64, n int) conjugate {
	c := conjugate{df: r.df + float64(n), ss: r.ss + square}
	for i, in := range r.in {
		if in {
			c.index = append(c.index, i)
		}
	}
	k := len(c.index)
	if k > 0 {
		prior, post := mat.NewSymDense(k, nil), mat.NewSymDense(k, nil)
		right, b := mat.NewVecDense(k, nil), mat.NewVecDense(k, nil)
		for i, a := range c.index {
			b.SetVec(i, r.prior[a])
			for j, d := range c.index[i:] {
				prior.SetSym(i, i+j, r.precision.At(a, d))
				post.SetSym(i, i+j, r.precision.At(a, d)+r.gram.At(a, d))
			}
		}
		right.MulVec(prior, b)
		c.ss += mat.Inner(b, prior, b)
		for i, a := range c.index {
			right.SetVec(i, right.AtVec(i)+moment.AtVec(a))
		}
		var priorChol mat.Cholesky
		if !priorChol.Factorize(prior) || !c.chol.Factorize(post) {
			c.logLikelihood = math.Inf(-1) // collinear beyond the prior: never chosen
			return c
		}
		c.mean = mat.NewVecDense(k, nil)
		if err := c.chol.SolveVecTo(c.mean, right); err != nil {
			c.logLikelihood = math.Inf(-1)
			return c
		}
		c.ss -= mat.Dot(c.mean, right)
		c.logLikelihood = .5 * (priorChol.LogDet() - c.chol.LogDet())
	}
	c.ss = math.Max(c.ss, 1e-300)
	c.logLikelihood -= c.df / 2 * math.Log(c.ss)
	return c
}

// drawCoefficients samples from the normal posterior: mean + sigma L^-T z.
func (r *regression) drawCoefficients(c conjugate, rng *rand.Rand) {
	for i := range r.beta {
		r.beta[i] = 0
	}
	k := len(c.index)
	if k == 0 {
		return
	}
	z, step := mat.NewVecDense(k, nil), mat.NewVecDense(k, nil)
	for i := range k {
		z.SetVec(i, math.Sqrt(r.noise)*rng.NormFloat64())
	}
	var lower mat.TriDense
	c.chol.LTo(&lower)
	if err := step.SolveVec(lower.T(), z); err != nil {
		return // a regressor without information: its coefficient stays zero this time
	}
	for i, a := range c.index {
		r.beta[a] = c.mean.AtVec(i) + step.AtVec(i)
	}
}

// gamma draws from the gamma distribution with the given shape and scale 1. Source:
// Marsaglia and Tsang, ACM TOMS 26, 2000 (shapes of at least 1).
func gamma(rng *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-rng.Float64()) < .5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
