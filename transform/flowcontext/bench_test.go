package flowcontext_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/flowcontext"
)

// mixed is a range in which one flow in a hundred has something rare and one in a
// thousand is long; netflow one without signatures, one flow in a hundred on IKE's port.
func mixed(rng *rand.Rand) flow {
	f := flow{tcp: true, port: 443, sig: schemas.SignaturesOf(schemas.SigTLS)}
	switch k := rng.IntN(100); {
	case k < 1:
		f = flow{port: 443, sig: schemas.SignaturesOf(schemas.SigDTLS)}
	case k < 30:
		f = flow{port: 53, sig: schemas.SignaturesOf(schemas.SigDNS)}
	}
	return f
}

func netflow(rng *rand.Rand) flow {
	switch k := rng.IntN(100); {
	case k < 1:
		return flow{port: 500}
	case k < 30:
		return flow{port: 53}
	}
	return flow{tcp: true, port: 443}
}

// BenchmarkStage looks at a range of 65,536 flows with as many on each side of it, whose
// sightings, as in the pipeline, were taken when it was their turn.
func BenchmarkStage(b *testing.B) {
	for name, kind := range map[string]func(*rand.Rand) flow{"mixed": mixed, "netflow": netflow} {
		b.Run(name, func(b *testing.B) {
			const rows = 65536
			rng := rand.New(rand.NewPCG(3, 4))
			stage := flowcontext.New(flowcontext.Options{})
			var recs [3]arrow.Record
			var seen [3]*flowcontext.Sightings
			for i := range recs {
				recs[i] = batch(memory.DefaultAllocator, many(rng, kind, rows))
				defer recs[i].Release()
				var err error
				if seen[i], err = stage.Look(recs[i], nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				own, err := stage.Look(recs[1], nil)
				if err != nil {
					b.Fatal(err)
				}
				out, err := stage.Apply(context.Background(), recs[1], own, []*flowcontext.Sightings{seen[0], seen[2]})
				if err != nil {
					b.Fatal(err)
				}
				own.Release()
				out.Release()
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "flows/s")
		})
	}
}

func many(rng *rand.Rand, kind func(*rand.Rand) flow, rows int) []flow {
	flows := make([]flow, rows)
	for i := range flows {
		f := kind(rng)
		f.client, f.server, f.start, f.bytes = rng.Uint64N(5000), byte(rng.IntN(200)), rng.Int64N(300), 1000
		f.end = f.start + 5
		if rng.IntN(1000) == 0 {
			f.end = f.start + 700
		}
		flows[i] = f
	}
	return flows
}
