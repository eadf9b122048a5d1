package spike_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// decade draws 250 countries of 10 to 20,000 users over ten years with the moments of real ones, and 400 events.
func decade() ([]spike.Series, []events.Event) {
	rng := rand.New(rand.NewPCG(10, 250))
	const n = 3653
	common := make([]float64, n)
	for t := 1; t < n; t++ {
		common[t] = .7*common[t-1] + .03*rng.NormFloat64()
	}
	list := make([]spike.Series, 250)
	for i := range list {
		s := spike.Series{Name: "use", Country: string([]rune{'a' + rune(i/26), 'a' + rune(i%26)}), Start: firstDay, Values: make([]float64, n)}
		level, own := 10*math.Pow(2000, rng.Float64()), 0.0
		for t := range n {
			own = .75*own + .1*rng.NormFloat64()
			s.Values[t] = math.Round(level * math.Exp(common[t]+own+.05*math.Sin(2*math.Pi*float64(t)/7)))
		}
		list[i] = s
	}
	var catalogue []events.Event
	for k := range 400 {
		catalogue = append(catalogue, event(fmt.Sprintf("e%d", k), list[rng.IntN(250)].Country, fmt.Sprintf("T%d", k), []events.Kind{events.Enforce, events.Throttle, events.Court, events.Unblock}[k%4], 60+rng.IntN(n-70)))
	}
	return list, catalogue
}

// BenchmarkDecade is the whole of 'analyze' on such a panel: 100,000 effects.
func BenchmarkDecade(b *testing.B) {
	list, catalogue := decade()
	for b.Loop() {
		got, err := spike.Analyze(list, catalogue, spike.DefaultConfig())
		if err != nil || len(got.Effects) != 250*400 {
			b.Fatal(len(got.Effects), err)
		}
	}
}
