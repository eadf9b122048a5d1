package schemas

import "github.com/apache/arrow/go/v15/arrow/array"

// NoRcode marks a query whose response was not seen.
const NoRcode = 65535

// AppendAnswers adds the answers of the next row.
func (b *DNSBuilder) AppendAnswers(addrs [][16]byte) {
	b.Answers.Append(true)
	values := b.Answers.ValueBuilder().(*array.FixedSizeBinaryBuilder)
	for i := range addrs {
		values.Append(addrs[i][:])
	}
}
