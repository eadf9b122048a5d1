package flowcontext_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/flowcontext"
)

// BenchmarkStage runs over a batch in which one flow in a hundred has something rare and
// one in a thousand is long.
func BenchmarkStage(b *testing.B) {
	const rows = 65536
	rng := rand.New(rand.NewPCG(3, 4))
	flows := make([]flow, rows)
	for i := range flows {
		f := flow{tcp: true, port: 443, sig: schemas.SigTLS}
		switch k := rng.IntN(100); {
		case k < 1:
			f = flow{port: 443, sig: schemas.SigDTLS}
		case k < 30:
			f = flow{port: 53, sig: schemas.SigDNS}
		}
		f.client, f.server, f.start, f.bytes = rng.Uint64N(5000), byte(rng.IntN(200)), rng.Int64N(300), 1000
		f.end = f.start + 5
		if rng.IntN(1000) == 0 {
			f.end = f.start + 700
		}
		flows[i] = f
	}
	rec := batch(memory.DefaultAllocator, flows)
	defer rec.Release()
	stage := flowcontext.New(flowcontext.Options{})
	b.ReportAllocs()
	for b.Loop() {
		out, err := stage.Apply(context.Background(), rec)
		if err != nil {
			b.Fatal(err)
		}
		out.Release()
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "flows/s")
}
