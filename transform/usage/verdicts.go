package usage

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// verdicts are the columns that classification appended, and what they were made with.
type verdicts struct {
	schemas.Verdicts
	pack, lists string
}

func verdictsOf(rec arrow.Record) (verdicts, error) {
	v, err := schemas.VerdictsOf(rec)
	meta := rec.Schema().Metadata()
	value := func(key string) string {
		v, _ := meta.GetValue(key)
		return v
	}
	return verdicts{v, value(schemas.MetaPack), value(schemas.MetaLists)}, err
}

// codes are the indexes of a dictionary column, valid for its own dictionary.
func codes(d *array.Dictionary) []int32 {
	return d.Indices().(*array.Int32).Int32Values()
}

// texts are the values of a dictionary column.
func texts(d *array.Dictionary) *array.String { return d.Dictionary().(*array.String) }
