// Package mechanism turns a result into one that may be released under differential privacy:
// every count of clients has noise, whatever else follows from the noised counts alone.
//
// The unit of privacy is a client-day: two stores are neighbours where they differ in all that one
// pseudonym did on one UTC day, and a pseudonym lasts a day. What one client-day can change is said in
// the header of each query ([queries.Bound]); what has no bound is not released. That a client is of one
// country and one network on a day, that a tool is of one category, and that coverage, rule packs and
// lists tell nothing of single clients, is assumed.
//
// It must never look at exact counts to decide what is shown, but through noise.
package mechanism

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
)

// Kind is a distribution of noise.
type Kind string

// Kinds of noise.
const (
	Laplace  Kind = "laplace"
	Gaussian Kind = "gaussian"
)

// Kinds are all there are.
var Kinds = []string{string(Laplace), string(Gaussian)}

// Delta is the probability with which more may be lost than epsilon says: that a row of few clients
// is there at all, and of Gaussian noise the tail.
const Delta = 1e-6

// Unit is what is protected.
const Unit = "client-day: all that one pseudonym did on one UTC day; a pseudonym lasts a day, so that losses of several days add up for a person"

// RefusedError says why a query cannot be released under differential privacy.
type RefusedError struct{ Query, Why string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("query %s cannot be released with epsilon: %s", e.Query, e.Why)
}

// Releasable fails with a [RefusedError] where a query with these parameters cannot be released.
func Releasable(q queries.Query, params map[string]string) error {
	_, err := plannedFor(q, params, Laplace, 1)
	return err
}

// plan is how a query is noised.
type plan struct {
	kind        Kind
	epsilon     budget.Epsilon
	sensitivity int      // what a client-day can change in all columns together
	squared     int      // the same, squared column by column: the square of the Euclidean distance
	parameter   *big.Rat // scale, or variance
	threshold   int64    // least noised count of a row that is shown
	columns     []column // that are released, with keys first
	top         int      // index of the column whose count decides whether a row is shown
}

// column is one that is released.
type column struct {
	at     int // in the query's columns
	name   string
	noised bool
	within int // index in columns, -1: none
}

// plannedFor finds bounds and noise of a query with its parameters.
func plannedFor(q queries.Query, params map[string]string, kind Kind, epsilon budget.Epsilon) (*plan, error) {
	p := &plan{kind: kind, epsilon: epsilon, top: -1}
	if epsilon <= 0 {
		return nil, fmt.Errorf("query %s: an epsilon of %s: want more than 0", q.Name, epsilon)
	}
	for _, name := range []string{"country", "day"} {
		if !slices.ContainsFunc(q.Columns, func(c queries.Column) bool { return c.Name == name && c.Role == queries.Key }) {
			return nil, &RefusedError{q.Name, "its rows are not of one " + name + ", so that nothing says of which clients they spend"}
		}
	}
	rows := 0
	for at, c := range q.Columns {
		i := slices.IndexFunc(q.Bounds, func(b queries.Bound) bool { return b.Column == c.Name })
		if i < 0 {
			if c.Role == queries.Key {
				p.columns = append(p.columns, column{at: at, name: c.Name, within: -1})
			}
			continue
		}
		b := q.Bounds[i]
		times, err := timesOf(q, b, params)
		if err != nil {
			return nil, err
		}
		p.sensitivity, p.squared = p.sensitivity+b.Most*times, p.squared+b.Most*b.Most*times
		if b.Most > 0 && b.Within == "" && p.top < 0 {
			p.top, rows = len(p.columns), b.Most*times
		}
		p.columns = append(p.columns, column{at: at, name: c.Name, noised: b.Most > 0, within: -1})
	}
	if p.sensitivity == 0 || p.top < 0 {
		return nil, &RefusedError{q.Name, "nothing bounds what one client can change in it"}
	}
	for _, b := range q.Bounds {
		if b.Within != "" {
			p.columns[p.index(b.Column)].within = p.index(b.Within)
		}
	}
	p.calibrate(rows)
	return p, nil
}

func (p *plan) index(name string) int {
	return slices.IndexFunc(p.columns, func(c column) bool { return c.name == name })
}

var quoted = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)

// timesOf is for how many values of its parameter a bound holds.
func timesOf(q queries.Query, b queries.Bound, params map[string]string) (int, error) {
	if b.Per == "" {
		return 1, nil
	}
	i := slices.IndexFunc(q.Params, func(p queries.Param) bool { return p.Name == b.Per })
	n := len(quoted.FindAllString(params[b.Per], -1))
	if q.Params[i].Type == "String" {
		n = min(1, len(params[b.Per]))
	}
	if n == 0 {
		return 0, &RefusedError{q.Name, fmt.Sprintf("%s; give --param %s=…", b.Text, b.Per)}
	}
	return n, nil
}

// calibrate finds the noise for epsilon, and the threshold under which rows do not appear: one client-day
// makes at most so many rows of one client appear, each with a share of delta.
func (p *plan) calibrate(rows int) {
	sensitivity := big.NewRat(int64(p.sensitivity), 1)
	if p.kind == Laplace {
		p.parameter = sensitivity.Quo(sensitivity, p.epsilon.Rat())
		scale, _ := p.parameter.Float64()
		p.threshold = 1 + int64(math.Ceil(scale*math.Log(float64(rows)/Delta)))
		return
	}
	// Half of delta is the noise's. Zero-concentrated privacy of rho gives epsilon = rho + 2 sqrt(rho ln(1/delta))
	// (Bun and Steinke, 2016, proposition 1.3).
	log := math.Log(2 / Delta)
	root := math.Sqrt(log+p.epsilon.Float()) - math.Sqrt(log)
	variance := float64(p.squared) / (2 * root * root)
	p.parameter = new(big.Rat).SetFloat64(math.Ceil(variance*1000*(1+1e-6)) + 1) // upwards: less noise would be too little
	p.parameter.Quo(p.parameter, big.NewRat(1000, 1))
	p.threshold = 1 + int64(math.Ceil(math.Sqrt(2*variance*math.Log(2*float64(rows)/Delta))))
}

// deviation is the standard deviation of the noise, for who reads the numbers.
func (p *plan) deviation() float64 {
	x, _ := p.parameter.Float64()
	if p.kind == Gaussian {
		return math.Sqrt(x)
	}
	a := math.Exp(-1 / x)
	return math.Sqrt(2*a) / (1 - a)
}

// Texts say what was done, by name, for a file's metadata.
func (d Done) Texts() map[string]string {
	return map[string]string{
		"epsilon": d.Epsilon.String(), "delta": fmt.Sprint(d.Delta), "mechanism": "discrete " + string(d.Mechanism), "unit": d.Unit,
		"sensitivity": fmt.Sprint(d.Sensitivity), "noise_deviation": fmt.Sprintf("%.3f", d.Deviation), "threshold": fmt.Sprint(d.Threshold),
		"noised_columns": strings.Join(d.Columns, ", "),
	}
}
