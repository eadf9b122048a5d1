package budget

import (
	"fmt"
	"math/big"
	"strings"
)

// Epsilon is a loss of privacy in millionths, so that sums of it are exact.
type Epsilon int64

const unit = 1_000_000

// ParseEpsilon reads a decimal number above 0 with at most six digits behind its point.
func ParseEpsilon(text string) (Epsilon, error) {
	value, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/_") {
		return 0, fmt.Errorf("epsilon %q: want a decimal number above 0", text)
	}
	value.Mul(value, big.NewRat(unit, 1))
	if !value.IsInt() || !value.Num().IsInt64() || value.Sign() <= 0 || value.Num().Int64() > 1000*unit {
		return 0, fmt.Errorf("epsilon %q: want a number above 0, at most 1000, with at most six digits behind the point", text)
	}
	return Epsilon(value.Num().Int64()), nil
}

// Rat gives it as a number.
func (e Epsilon) Rat() *big.Rat { return big.NewRat(int64(e), unit) }

// Float gives the nearest floating-point number, for what is no noise.
func (e Epsilon) Float() float64 { return float64(e) / unit }

func (e Epsilon) String() string {
	text := e.Rat().FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// MarshalText writes the decimal number.
func (e Epsilon) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads it.
func (e *Epsilon) UnmarshalText(text []byte) (err error) {
	*e, err = ParseEpsilon(string(text))
	return err
}
