package usage

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// verdictKey is a verdict by the codes of a batch's dictionaries.
type verdictKey struct {
	tool, service, category int32
	level                   uint8
}

// numberer gives the verdicts of a batch their numbers, each in the order of its first appearance.
type numberer struct {
	of      *verdicts
	known   map[verdictKey]uint64
	keys    []verdictKey
	numbers []uint64
}

func newNumberer(of *verdicts) *numberer {
	return &numberer{of: of, known: map[verdictKey]uint64{}}
}

func (n *numberer) number(key verdictKey) uint64 {
	if number, ok := n.known[key]; ok {
		return number
	}
	number := schemas.Names{
		Tool:     texts(n.of.Tool).Value(int(key.tool)),
		Service:  texts(n.of.Service).Value(int(key.service)),
		Category: texts(n.of.Category).Value(int(key.category)),
		Level:    schemas.Level(key.level), Pack: n.of.pack, Lists: n.of.lists,
	}.Number()
	n.known[key] = number
	n.keys, n.numbers = append(n.keys, key), append(n.numbers, number)
	return number
}

// record builds a batch in [schemas.VerdictsSchema] of all that were numbered.
func (n *numberer) record(mem memory.Allocator) arrow.Record {
	numbers := schemas.NewColumn[uint64](mem, len(n.numbers))
	for _, number := range n.numbers {
		numbers.Append(number)
	}
	return schemas.VerdictsColumns{
		Number:   numbers.Array(arrow.PrimitiveTypes.Uint64),
		Tool:     recode(mem, n.keys, n.of.Tool, func(k *verdictKey) int32 { return k.tool }),
		Service:  recode(mem, n.keys, n.of.Service, func(k *verdictKey) int32 { return k.service }),
		Category: recode(mem, n.keys, n.of.Category, func(k *verdictKey) int32 { return k.category }),
		Level:    levelNames(mem, n.keys, func(k *verdictKey) uint8 { return k.level }),
		Pack:     constant(mem, n.of.pack, len(n.keys)),
		Lists:    constant(mem, n.of.lists, len(n.keys)),
	}.Record(len(n.keys))
}
