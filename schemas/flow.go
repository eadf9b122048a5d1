package schemas

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// MaxFirstSizes is how many first payload sizes a flow carries.
const MaxFirstSizes = 8

var firstSizes = arrow.FixedSizeListOf(MaxFirstSizes, arrow.PrimitiveTypes.Int16)

// SignaturesAt gives the signatures of row i.
func (f *Flows) SignaturesAt(i int) SignatureSet {
	return SignatureSet{f.Signatures[i], f.SignaturesHigh[i]}
}

// TraitsAt gives the traits of row i.
func (f *Flows) TraitsAt(i int) Traits { return Traits(f.Traits[i]) }

// AppendSeen adds the signatures and traits of a row behind those of earlier rows.
func (b *FlowBuilder) AppendSeen(row int, s SignatureSet, t Traits) {
	if s[0] != 0 {
		b.Signatures.AppendAt(row, s[0])
	}
	if s[1] != 0 {
		b.SignaturesHigh.AppendAt(row, s[1])
	}
	if t != 0 {
		b.Traits.AppendAt(row, uint32(t))
	}
}

// firstSizesOf gives the sizes of all rows, [MaxFirstSizes] a row.
func firstSizesOf(column arrow.Array) []int16 {
	sizes := column.(*array.FixedSizeList)
	first := sizes.Offset() * MaxFirstSizes
	return sizes.ListValues().(*array.Int16).Int16Values()[first : first+sizes.Len()*MaxFirstSizes]
}

// firstSizesArray wraps the flat sizes as a fixed-size list column.
func firstSizesArray(c *Column[[MaxFirstSizes]int16]) arrow.Array {
	buf, n := c.values()
	flat := array.NewData(arrow.PrimitiveTypes.Int16, n*MaxFirstSizes, []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer flat.Release()
	buf.Release()
	*c = Column[[MaxFirstSizes]int16]{}
	list := array.NewData(firstSizes, n, []*memory.Buffer{nil}, []arrow.ArrayData{flat}, 0, 0)
	defer list.Release()
	return array.MakeFromData(list)
}
