package evaluate

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// Verdicts reads the verdicts of a classified batch; ends gives both ends of row i,
// which only local evaluation knows.
func Verdicts(capture string, rec arrow.Record, ends func(i int) (client, server netip.AddrPort)) ([]Verdict, error) {
	first := int(rec.NumCols()) - len(schemas.VerdictFields)
	if first < schemas.NumFlowColumns || rec.Schema().Field(first+1).Name != schemas.VerdictFields[1].Name {
		return nil, errors.New("evaluate: batch is not classified")
	}
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return nil, err
	}
	tool, service := rec.Column(first+1).(*array.Dictionary), rec.Column(first+2).(*array.Dictionary)
	p, level := rec.Column(first+4).(*array.Float32), rec.Column(first+5).(*array.Uint8)
	evidence := rec.Column(first + 6).(*array.List)
	rules := evidence.ListValues().(*array.Uint16).Uint16Values()
	out := make([]Verdict, flows.Len)
	for i := range out {
		client, server := ends(i)
		from, to := evidence.ValueOffsets(i)
		out[i] = Verdict{
			Rules:   slices.Clone(rules[from:to]), // the batch's memory is given back
			Capture: capture, Protocol: flows.Protocol[i], Client: client, Server: server,
			Tool: schemas.DictString(tool, i), Service: schemas.DictString(service, i),
			P: float64(p.Value(i)), Level: schemas.Level(level.Value(i)),
		}
	}
	return out, nil
}
