package decode

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// splitTraits moves what older files have among their signatures, and is a trait today,
// into the column of traits. Columns that it replaces are released.
func splitTraits(columns []arrow.Array, mem memory.Allocator) {
	signatures := columns[schemas.FlowSignatures].(*array.Uint64).Uint64Values()
	traits := columns[schemas.FlowTraits].(*array.Uint32).Uint32Values()
	var all schemas.Traits
	for _, s := range signatures {
		_, t := schemas.SplitTraits(s)
		all |= t
	}
	if all == 0 {
		return
	}
	left, moved := schemas.NewColumn[uint64](mem, len(signatures)), schemas.NewColumn[uint32](mem, len(traits))
	for i, s := range signatures {
		s, t := schemas.SplitTraits(s)
		left.Append(s)
		moved.Append(traits[i] | uint32(t))
	}
	replace := func(at int, a arrow.Array) {
		columns[at].Release()
		columns[at] = a
	}
	replace(schemas.FlowSignatures, left.Array(arrow.PrimitiveTypes.Uint64))
	replace(schemas.FlowTraits, moved.Array(arrow.PrimitiveTypes.Uint32))
}
