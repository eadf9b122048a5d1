package schemas

import "github.com/cespare/xxhash/v2"

// Names are what is said of the flows of a row of usage: one row of table verdicts. Service is empty
// where unknown; the banned or listed service otherwise.
type Names struct {
	Tool, Service, Category string
	Level                   Level
	Pack, Lists             string
}

// Number is the number that usage holds in place of the names: XXH64 with seed 0 over the six names,
// in the order of [VerdictsSchema], with a zero byte between two. It follows from the names alone, so that writers
// need not agree on it. 64 bits, because lists change daily: of 20,000 verdicts, two in 2^32 would share a number once in 22 stores.
func (n Names) Number() uint64 {
	text := make([]byte, 0, 256)
	for i, name := range []string{n.Tool, n.Service, n.Category, n.Level.String(), n.Pack, n.Lists} {
		if i > 0 {
			text = append(text, 0)
		}
		text = append(text, name...)
	}
	return xxhash.Sum64(text)
}
