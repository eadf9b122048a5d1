package changepoint

import "math"

// BOCPD is Bayesian online change point detection with a normal model of unknown mean
// and variance (normal-gamma prior). Source: Adams and MacKay, arXiv 0710.3742, 2007.
type BOCPD struct {
	// Hazard is the prior chance of a change on a day, Recent and Mass say when to flag: more
	// than Mass of the probability on runs shorter than Recent days.
	Hazard float64
	Recent int
	Mass   float64

	prior gaussian
	runs  []gaussian // posterior by run length
	p     []float64  // probability by run length
	seen  int
}

// gaussian is a normal-gamma posterior.
type gaussian struct{ mu, kappa, alpha, beta float64 }

// NewBOCPD starts a detector for a series of about the given mean and standard
// deviation: hazard 1/90 a day, flagged when more than half of the mass is on runs under 7 days.
func NewBOCPD(mean, sd float64) *BOCPD {
	return &BOCPD{Hazard: 1.0 / 90, Recent: 7, Mass: .5, prior: gaussian{mu: mean, kappa: .05, alpha: 1, beta: sd * sd}}
}

// Next takes one day and says whether a change lies in the last Recent days, and how
// probable that is. A missing day (NaN) changes nothing.
func (b *BOCPD) Next(x float64) (flag bool, recent float64) {
	if math.IsNaN(x) {
		return false, b.recent()
	}
	if b.p == nil {
		b.p, b.runs = []float64{1}, []gaussian{b.prior}
	}
	grown := make([]float64, len(b.p)+1)
	runs := make([]gaussian, len(b.p)+1)
	runs[0] = b.prior
	total := 0.0
	for r, p := range b.p {
		like := p * math.Exp(b.runs[r].logPredictive(x))
		grown[0] += like * b.Hazard
		grown[r+1] = like * (1 - b.Hazard)
		runs[r+1] = b.runs[r].update(x)
		total += like
	}
	if total <= 0 { // beyond the range of a float: a change for certain
		grown = make([]float64, len(grown))
		grown[0], total = 1, 1
	}
	for r := range grown {
		grown[r] /= total
	}
	b.p, b.runs = grown, runs
	b.seen++
	recent = b.recent()
	// In the first days every run is short: that is no change.
	return b.seen > 2*b.Recent && recent > b.Mass, recent
}

func (b *BOCPD) recent() float64 {
	sum := 0.0
	for r := 0; r < len(b.p) && r < b.Recent; r++ {
		sum += b.p[r]
	}
	return sum
}

func (g gaussian) update(x float64) gaussian {
	return gaussian{
		mu: (g.kappa*g.mu + x) / (g.kappa + 1), kappa: g.kappa + 1, alpha: g.alpha + .5,
		beta: g.beta + g.kappa*(x-g.mu)*(x-g.mu)/(2*(g.kappa+1)),
	}
}

// logPredictive is the log density of the next value: Student's t with 2 alpha degrees
// of freedom.
func (g gaussian) logPredictive(x float64) float64 {
	nu := 2 * g.alpha
	scale := g.beta * (g.kappa + 1) / (g.alpha * g.kappa)
	a, _ := math.Lgamma((nu + 1) / 2)
	b, _ := math.Lgamma(nu / 2)
	return a - b - .5*math.Log(nu*math.Pi*scale) - (nu+1)/2*math.Log1p((x-g.mu)*(x-g.mu)/(nu*scale))
}
