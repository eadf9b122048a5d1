package blocking

import "math"

// Attempts are connections of one cell: to listed addresses or not, and of the protocol
// (or name) that is suspected or not.
type Attempts struct {
	Tried, Failed uint64
}

// Failures is connections split two ways: by whether the server's address is on the block
// list, and by whether the connection carries the suspected pattern.
type Failures struct {
	// Cells is indexed by address listed (0 no, 1 yes), then pattern (0 no, 1 yes).
	Cells [2][2]Attempts
}

// Contrast is a difference of failure rates with the other factor kept fixed.
type Contrast struct {
	Difference, Low, High float64 // Mantel-Haenszel risk difference with its 95 % interval
	P                     float64 // Cochran-Mantel-Haenszel test, two-sided
}

// Method says how a block works.
type Method string

// Methods of blocking.
const (
	ByAddress Method = "address" // failures follow the server's address
	ByPattern Method = "pattern" // failures follow the protocol or name whatever the address
	ByBoth    Method = "both"
	ByNeither Method = "neither"
	Unknown   Method = "unknown" // a cell that the answer needs is empty
)

// Decomposition is the answer with what it rests on.
type Decomposition struct {
	Method           Method
	Address, Pattern Contrast
}

// least is the difference of failure rates from which a factor counts as a method: below
// it, even a certain difference blocks nobody.
const least = .05

// Decompose asks whether failures follow the address (within connections with and without
// the pattern) and whether they follow the pattern (within listed and other addresses), by
// Mantel-Haenszel risk differences (variance of Sato 1989) and Cochran-Mantel-Haenszel tests.
// A factor counts with p under .01 and a difference of at least 5 points.
func Decompose(f Failures) Decomposition {
	var byAddress, byPattern [2][2]Attempts // stratum, exposed
	for a := range 2 {
		for p := range 2 {
			byAddress[p][a], byPattern[a][p] = f.Cells[a][p], f.Cells[a][p]
		}
	}
	d := Decomposition{Address: MantelHaenszel(byAddress[:]), Pattern: MantelHaenszel(byPattern[:])}
	address, pattern := d.Address.counts(), d.Pattern.counts()
	switch {
	case math.IsNaN(d.Address.Difference) || math.IsNaN(d.Pattern.Difference):
		d.Method = Unknown
	case address && pattern:
		d.Method = ByBoth
	case address:
		d.Method = ByAddress
	case pattern:
		d.Method = ByPattern
	default:
		d.Method = ByNeither
	}
	return d
}

func (c Contrast) counts() bool { return c.P < .01 && c.Difference >= least }

// MantelHaenszel compares the failures of exposed (1) with those of unexposed (0) connections within each
// stratum, such as addresses on a list with the others of the same network. All of it is NaN
// where no stratum has both.
func MantelHaenszel(strata [][2]Attempts) Contrast {
	var weights, difference, p, q float64
	var excess, spread float64
	for _, s := range strata {
		n0, n1 := float64(s[0].Tried), float64(s[1].Tried)
		if n0 == 0 || n1 == 0 {
			continue
		}
		x0, x1 := float64(s[0].Failed), float64(s[1].Failed)
		n := n0 + n1
		weights += n1 * n0 / n
		difference += (x1*n0 - x0*n1) / n
		p += (n1*n1*x0 - n0*n0*x1 + n1*n0*(n0-n1)/2) / (n * n)
		q += (x1*(n0-x0) + x0*(n1-x1)) / (2 * n)
		failed := x0 + x1
		excess += x1 - n1*failed/n
		if n > 1 {
			spread += n1 * n0 * failed * (n - failed) / (n * n * (n - 1))
		}
	}
	if weights == 0 {
		return Contrast{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	}
	c := Contrast{Difference: difference / weights, P: 1}
	se := math.Sqrt(max(0, c.Difference*p+q)) / weights
	c.Low, c.High = c.Difference-z95*se, c.Difference+z95*se
	if spread > 0 {
		c.P = math.Erfc(math.Abs(excess) / math.Sqrt(spread) / math.Sqrt2)
	}
	return c
}
