package noise

import (
	"bytes"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

const drawn = 1_000_000

// TestDistributions compares a million draws with the exact probabilities by chi-square. The
// seeds were fixed before the first run.
func TestDistributions(t *testing.T) {
	laplace := func(scale float64) func(x int) float64 {
		a := math.Exp(-1 / scale)
		return func(x int) float64 { return (1 - a) / (1 + a) * math.Pow(a, math.Abs(float64(x))) }
	}
	gaussian := func(variance float64) func(x int) float64 {
		weight := func(x int) float64 { return math.Exp(-float64(x) * float64(x) / (2 * variance)) }
		sum := 1.0
		for x := 1; weight(x) > 0; x++ {
			sum += 2 * weight(x)
		}
		return func(x int) float64 { return weight(x) / sum }
	}
	type draw func(s *Sampler, p *big.Rat) (*big.Int, error)
	for name, c := range map[string]struct {
		draw        draw
		parameter   *big.Rat
		probability func(float64) func(int) float64
	}{
		"laplace 2/3":   {(*Sampler).Laplace, big.NewRat(2, 3), laplace},
		"laplace 20":    {(*Sampler).Laplace, big.NewRat(20, 1), laplace},
		"gaussian 4":    {(*Sampler).Gaussian, big.NewRat(4, 1), gaussian},
		"gaussian 19/2": {(*Sampler).Gaussian, big.NewRat(19, 2), gaussian},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(rand.NewChaCha8([32]byte([]byte("chi-square over a million draws!"))))
			seen := map[int]int{}
			for range drawn {
				x, err := c.draw(s, c.parameter)
				if err != nil {
					t.Fatal(err)
				}
				seen[int(x.Int64())]++
			}
			p, _ := c.parameter.Float64()
			statistic, degrees := chiSquare(seen, c.probability(p))
			if tail := 1 - (distuv.ChiSquared{K: float64(degrees)}).CDF(statistic); tail < 1e-4 || degrees < 2 {
				t.Errorf("chi-square %.1f on %d degrees of freedom: p %.2g", statistic, degrees, tail)
			} else {
				t.Logf("chi-square %.1f on %d degrees of freedom: p %.3f", statistic, degrees, tail)
			}
		})
	}
}

// chiSquare compares with expected numbers of at least 10 a cell; what is farther out is one cell a side.
func chiSquare(seen map[int]int, probability func(int) float64) (statistic float64, degrees int) {
	last := 0
	for drawn*probability(last+1) >= 10 {
		last++
	}
	inside, within := 0.0, 0
	add := func(observed int, expected float64) {
		statistic += (float64(observed) - expected) * (float64(observed) - expected) / expected
		degrees++
	}
	for x := -last; x <= last; x++ {
		add(seen[x], drawn*probability(x))
		inside, within = inside+probability(x), within+seen[x]
	}
	if rest := drawn * (1 - inside); rest >= 5 {
		add(drawn-within, rest)
	}
	return statistic, degrees - 1
}

// TestNoiseIsKeyed: the same secret and name give the same draws, another of either gives others.
func TestNoiseIsKeyed(t *testing.T) {
	draws := func(secret byte, name string) []byte {
		random, err := Stream(bytes.Repeat([]byte{secret}, 32), name)
		if err != nil {
			t.Fatal(err)
		}
		s := New(random)
		var all []byte
		for range 100 {
			x, err := s.Laplace(big.NewRat(10, 1))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, byte(x.Int64()))
		}
		return all
	}
	if !bytes.Equal(draws(1, "a"), draws(1, "a")) {
		t.Error("the same name gives other noise")
	}
	if bytes.Equal(draws(1, "a"), draws(1, "b")) || bytes.Equal(draws(1, "a"), draws(2, "a")) {
		t.Error("another name or secret gives the same noise")
	}
	if _, err := Stream(make([]byte, 31), "a"); err == nil {
		t.Error("a short secret is taken")
	}
}

func TestWrongParametersAndSources(t *testing.T) {
	for _, p := range []*big.Rat{big.NewRat(0, 1), big.NewRat(-1, 2)} {
		s := New(rand.NewChaCha8([32]byte{}))
		if _, err := s.Laplace(p); err == nil {
			t.Errorf("scale %s is taken", p)
		}
		if _, err := s.Gaussian(p); err == nil {
			t.Errorf("variance %s is taken", p)
		}
	}
	if x, err := New(io.LimitReader(rand.NewChaCha8([32]byte{}), 3)).Laplace(big.NewRat(1000, 7)); err == nil {
		t.Errorf("a source that ended gave %s", x)
	}
}
