package ordinary

import (
	"math/rand/v2"
	"slices"
)

// Transform is what a network or a sensor does to traffic.
type Transform struct {
	Name  string
	Apply func([]Packet, *rand.Rand) []Packet
}

// Transforms lists what is done to every capture, nothing first.
func Transforms() []Transform {
	keep := func(holds func(i int, p *Packet, r *rand.Rand) bool) func([]Packet, *rand.Rand) []Packet {
		return func(in []Packet, r *rand.Rand) (out []Packet) {
			for i := range in {
				if holds(i, &in[i], r) {
					out = append(out, in[i])
				}
			}
			return out
		}
	}
	return []Transform{
		{"as sent", func(in []Packet, _ *rand.Rand) []Packet { return in }},
		{"each packet sent twice", func(in []Packet, _ *rand.Rand) (out []Packet) {
			for _, p := range in {
				again := p
				again.Time += 1000
				out = append(out, p, again)
			}
			return out
		}},
		{"a tenth lost", keep(func(_ int, _ *Packet, r *rand.Rand) bool { return r.IntN(10) > 0 })},
		{"reordered", func(in []Packet, r *rand.Rand) []Packet {
			out := slices.Clone(in)
			for i := 1; i < len(out); i++ {
				if r.IntN(4) == 0 {
					out[i-1].Time, out[i].Time = out[i].Time, out[i-1].Time
					out[i-1], out[i] = out[i], out[i-1]
				}
			}
			return out
		}},
		{"the client's packets only", keep(func(_ int, p *Packet, _ *rand.Rand) bool { return p.Up })},
		{"the server's packets only", keep(func(_ int, p *Packet, _ *rand.Rand) bool { return !p.Up })},
		{"sampled 1 in 10", keep(func(_ int, _ *Packet, r *rand.Rand) bool { return r.IntN(10) == 0 })},
		{"sampled 1 in 100", keep(func(_ int, _ *Packet, r *rand.Rand) bool { return r.IntN(100) == 0 })},
		{"begun in the middle", func(in []Packet, _ *rand.Rand) []Packet { return in[len(in)/3:] }},
		{"the first packets only", func(in []Packet, _ *rand.Rand) []Packet { return in[:min(len(in), 6)] }},
	}
}
