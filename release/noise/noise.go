// Package noise draws whole numbers exactly from the discrete Laplace and the discrete Gaussian
// distribution (Canonne, Kamath and Steinke, The Discrete Gaussian for Differential Privacy,
// NeurIPS 2020, algorithms 1 to 3).
//
// It must never use floating-point numbers: where probabilities are rounded, outputs that
// cannot come from a neighbouring table give it away (Mironov, CCS 2012).
package noise

import (
	"fmt"
	"io"
	"math/big"
)

// Sampler draws from a source of uniformly random bytes. One goroutine owns it.
type Sampler struct {
	random io.Reader
	buffer []byte
}

// New makes a sampler. random must never end: crypto/rand's reader, or a [Stream].
func New(random io.Reader) *Sampler { return &Sampler{random: random} }

var one = big.NewInt(1)

// Laplace draws from the discrete Laplace distribution: the probability of x is
// (1-a)/(1+a) a^|x| with a = exp(-1/scale). scale is above 0.
func (s *Sampler) Laplace(scale *big.Rat) (*big.Int, error) {
	if scale.Sign() <= 0 {
		return nil, fmt.Errorf("noise: scale %s: want a number above 0", scale.RatString())
	}
	return s.drawn(func(d *draws) *big.Int { return d.laplace(scale.Num(), scale.Denom()) })
}

// Gaussian draws from the discrete Gaussian distribution: the probability of x is in
// proportion to exp(-x²/2variance). variance is above 0.
func (s *Sampler) Gaussian(variance *big.Rat) (*big.Int, error) {
	if variance.Sign() <= 0 {
		return nil, fmt.Errorf("noise: variance %s: want a number above 0", variance.RatString())
	}
	return s.drawn(func(d *draws) *big.Int { return d.gaussian(variance) })
}

// drawn gives what a draw gives, unless the source failed.
func (s *Sampler) drawn(draw func(*draws) *big.Int) (*big.Int, error) {
	d := &draws{Sampler: s}
	value := draw(d)
	if d.err != nil {
		return nil, fmt.Errorf("noise: random bytes: %w", d.err)
	}
	return value, nil
}

// draws is one draw: the first error of the source ends its loops.
type draws struct {
	*Sampler
	err error
}

// laplace is algorithm 2, for the scale t/s.
func (d *draws) laplace(t, s *big.Int) *big.Int {
	for d.err == nil {
		u := d.below(t)
		if !d.exp(u, t) {
			continue
		}
		v := new(big.Int)
		for d.err == nil && d.exp(one, one) {
			v.Add(v, one)
		}
		x := v.Mul(v, t)
		y := x.Add(x, u)
		y.Quo(y, s)
		if d.bernoulli(one, big.NewInt(2)) {
			if y.Sign() == 0 {
				continue // zero is there once
			}
			return y.Neg(y)
		}
		return y
	}
	return new(big.Int)
}

// gaussian is algorithm 3.
func (d *draws) gaussian(variance *big.Rat) *big.Int {
	t := new(big.Int).Quo(variance.Num(), variance.Denom())
	t.Sqrt(t).Add(t, one) // floor of the standard deviation, and one
	shift := new(big.Rat).Quo(variance, new(big.Rat).SetInt(t))
	twice := new(big.Rat).Add(variance, variance)
	for d.err == nil {
		y := d.laplace(t, one)
		gap := new(big.Rat).SetInt(new(big.Int).Abs(y))
		gap.Sub(gap, shift)
		gap.Mul(gap, gap).Quo(gap, twice)
		if d.exp(gap.Num(), gap.Denom()) {
			return y
		}
	}
	return new(big.Int)
}

// exp is true with probability exp(-n/m), n and m above or, of n, equal to 0 (algorithm 1).
func (d *draws) exp(n, m *big.Int) bool {
	whole, part := new(big.Int).QuoRem(n, m, new(big.Int))
	for i := new(big.Int); d.err == nil && i.Cmp(whole) < 0; i.Add(i, one) {
		if !d.expPart(one, one) {
			return false
		}
	}
	return d.expPart(part, m)
}

// expPart is exp for n of at most m.
func (d *draws) expPart(n, m *big.Int) bool {
	k := new(big.Int).Set(one)
	below := new(big.Int).Set(m)
	for d.err == nil && d.bernoulli(n, below) {
		k.Add(k, one)
		below.Add(below, m) // k times m
	}
	return k.Bit(0) == 1
}

// bernoulli is true with probability n/m.
func (d *draws) bernoulli(n, m *big.Int) bool { return d.below(m).Cmp(n) < 0 }

// below draws uniformly from 0 to n-1: as many bits as n-1 has, again where they are too many.
func (d *draws) below(n *big.Int) *big.Int {
	most := new(big.Int).Sub(n, one)
	bits := most.BitLen()
	value := new(big.Int)
	if bits == 0 {
		return value
	}
	size := (bits + 7) / 8
	if cap(d.buffer) < size {
		d.buffer = make([]byte, size)
	}
	b := d.buffer[:size]
	for d.err == nil {
		if _, d.err = io.ReadFull(d.random, b); d.err != nil {
			break
		}
		b[0] &= 0xff >> (8*size - bits)
		if value.SetBytes(b); value.Cmp(most) <= 0 {
			return value
		}
	}
	return new(big.Int)
}
