package usage

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// verdicts is a typed view of the columns that classification appended.
type verdicts struct {
	serverASN               []uint32
	tool, service, category *array.Dictionary
	p                       []float32
	level                   []uint8
	evidence                *array.List
	pack, lists             string
}

func verdictsOf(rec arrow.Record) (verdicts, error) {
	first := int(rec.NumCols()) - len(schemas.VerdictFields)
	for i, want := range schemas.VerdictFields {
		if first < schemas.NumFlowColumns || rec.ColumnName(first+i) != want.Name {
			return verdicts{}, fmt.Errorf("batch has no verdict column %q", want.Name)
		}
	}
	meta := rec.Schema().Metadata()
	value := func(key string) string {
		v, _ := meta.GetValue(key)
		return v
	}
	col := func(i int) arrow.Array { return rec.Column(first + i) }
	return verdicts{
		serverASN: col(0).(*array.Uint32).Uint32Values(),
		tool:      col(1).(*array.Dictionary),
		service:   col(2).(*array.Dictionary),
		category:  col(3).(*array.Dictionary),
		p:         col(4).(*array.Float32).Float32Values(),
		level:     col(5).(*array.Uint8).Uint8Values(),
		evidence:  col(6).(*array.List),
		pack:      value(schemas.MetaPack),
		lists:     value(schemas.MetaLists),
	}, nil
}

// codes are the indexes of a dictionary column, valid for its own dictionary.
func codes(d *array.Dictionary) []int32 {
	return d.Indices().(*array.Int32).Int32Values()
}

// texts are the values of a dictionary column.
func texts(d *array.Dictionary) *array.String { return d.Dictionary().(*array.String) }
