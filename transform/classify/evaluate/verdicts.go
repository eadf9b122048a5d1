package evaluate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// Verdicts reads the verdicts of a classified batch; ends gives both ends of row i,
// which only local evaluation knows.
func Verdicts(capture string, rec arrow.Record, ends func(i int) (client, server netip.AddrPort)) ([]Verdict, error) {
	v, err := schemas.VerdictsOf(rec)
	if err != nil {
		return nil, fmt.Errorf("evaluate: batch is not classified: %w", err)
	}
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return nil, err
	}
	rules := v.Evidence.ListValues().(*array.Uint16).Uint16Values()
	out := make([]Verdict, flows.Len)
	for i := range out {
		client, server := ends(i)
		from, to := v.Evidence.ValueOffsets(i)
		out[i] = Verdict{
			Rules:   slices.Clone(rules[from:to]), // the batch's memory is given back
			Capture: capture, Protocol: flows.Protocol[i], Client: client, Server: server,
			Tool: schemas.DictString(v.Tool, i), Service: schemas.DictString(v.Service, i),
			P: float64(v.P[i]), Level: schemas.Level(v.Level[i]),
		}
	}
	return out, nil
}
