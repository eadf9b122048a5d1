package classify

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// output collects the verdict columns of one batch.
type output struct {
	tool, service, category schemas.Column[int32]
	p                       schemas.Column[float32]
	level                   schemas.Column[uint8]
	offsets                 schemas.Column[int32]
	rules                   schemas.Column[uint16]
}

// newOutput makes columns of n rows on which no rule fired; [output.set] writes those on which one did.
func newOutput(c *Classifier, n int) *output {
	mem := c.mem
	o := &output{
		tool:     schemas.NewColumn[int32](mem, n),
		service:  schemas.NewColumn[int32](mem, n),
		category: schemas.NewColumn[int32](mem, n),
		p:        schemas.NewColumn[float32](mem, n),
		level:    schemas.NewColumn[uint8](mem, n),
		offsets:  schemas.NewColumn[int32](mem, n+1),
		rules:    schemas.NewColumn[uint16](mem, n),
	}
	o.tool.Fill(n, int32(len(c.pack.tools)))
	o.service.Fill(n, int32(len(c.services)))
	o.category.Fill(n, c.toolCat[len(c.pack.tools)])
	o.p.Fill(n, 0)
	o.level.Fill(n, uint8(schemas.Unclassified))
	o.offsets.Append(0)
	return o
}

// set writes row i; rows are written in order.
func (o *output) set(c *Classifier, i int, v *verdict, evidence []uint16) {
	if v.tool >= 0 {
		o.tool.V[i] = int32(v.tool)
	}
	if v.service >= 0 {
		o.service.V[i] = int32(v.service)
	}
	o.category.V[i] = c.toolCat[o.tool.V[i]]
	o.p.V[i] = v.p
	o.level.V[i] = uint8(v.level)
	o.offsets.Fill(i+1, int32(len(o.rules.V)))
	for _, rule := range evidence {
		o.rules.Append(rule)
	}
}

// record makes the batch with the verdict columns at its end.
func (o *output) record(c *Classifier, rec arrow.Record, b *batch) arrow.Record {
	t := arrow.PrimitiveTypes
	added := []arrow.Array{
		schemas.VerdictServerASN: o.serverASN(c, rec, b),
		schemas.VerdictTool:      dictionary(&o.tool, c.toolDict),
		schemas.VerdictService:   dictionary(&o.service, c.serviceDict),
		schemas.VerdictCategory:  dictionary(&o.category, c.catDict),
		schemas.VerdictP:         o.p.Array(t.Float32),
		schemas.VerdictLevel:     o.level.Array(t.Uint8),
		schemas.VerdictEvidence:  o.evidence(int(rec.NumRows())),
	}
	defer func() {
		for _, a := range added {
			a.Release()
		}
	}()
	schema := rec.Schema()
	fields := append(schema.Fields()[:len(schema.Fields()):len(schema.Fields())], schemas.VerdictSchema.Fields()...)
	meta := schema.Metadata()
	keys, values := []string{schemas.MetaPack, schemas.MetaLists}, []string{c.pack.Version(), c.lists.Version()}
	for i, k := range meta.Keys() {
		if k != schemas.MetaPack && k != schemas.MetaLists {
			keys, values = append(keys, k), append(values, meta.Values()[i])
		}
	}
	meta = arrow.NewMetadata(keys, values)
	arrays := append(rec.Columns()[:rec.NumCols():rec.NumCols()], added...)
	return array.NewRecord(arrow.NewSchema(fields, &meta), arrays, rec.NumRows())
}

// serverASN shares enrichment's column, or makes one of zeros.
func (o *output) serverASN(c *Classifier, rec arrow.Record, b *batch) arrow.Array {
	if b.enriched {
		col := rec.Column(rec.Schema().FieldIndices("network")[0])
		col.Retain()
		return col
	}
	zeros := schemas.NewColumn[uint32](c.mem, int(rec.NumRows()))
	for range rec.NumRows() {
		zeros.Append(0)
	}
	return zeros.Array(arrow.PrimitiveTypes.Uint32)
}

func dictionary(index *schemas.Column[int32], values arrow.Array) arrow.Array {
	indices := index.Array(arrow.PrimitiveTypes.Int32)
	defer indices.Release()
	return array.NewDictionaryArray(schemas.VerdictSchema.Field(schemas.VerdictTool).Type, indices, values)
}

func (o *output) evidence(n int) arrow.Array {
	o.offsets.Fill(n+1, int32(len(o.rules.V)))
	values := o.rules.Array(arrow.PrimitiveTypes.Uint16)
	defer values.Release()
	offsets := o.offsets.Array(arrow.PrimitiveTypes.Int32)
	defer offsets.Release()
	data := array.NewData(schemas.VerdictSchema.Field(schemas.VerdictEvidence).Type, n, []*memory.Buffer{nil, offsets.Data().Buffers()[1]},
		[]arrow.ArrayData{values.Data()}, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}
