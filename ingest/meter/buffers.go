package meter

import "math/bits"

// buffers are those of flows that were inspected, by size: powers of two.
type buffers struct {
	spare [bufferSizes][][]byte
}

// Sizes of buffers, as exponents of two, and how much of each size waits for a flow that needs it.
const (
	smallestBuffer = 9
	bufferSizes    = 8 // up to 64 KiB: no flow buffers more
	maxSpareBytes  = 1 << 20
)

// roomFor gives a buffer the room for n more bytes.
func (b *buffers) roomFor(buffered []byte, n int) []byte {
	need := len(buffered) + n
	if need <= cap(buffered) {
		return buffered
	}
	exponent := max(bits.Len(uint(need-1)), smallestBuffer)
	larger := append(b.take(exponent), buffered...)
	b.put(buffered)
	return larger
}

func (b *buffers) take(exponent int) []byte {
	if i := exponent - smallestBuffer; i < bufferSizes && len(b.spare[i]) > 0 {
		last := len(b.spare[i]) - 1
		taken := b.spare[i][last]
		b.spare[i] = b.spare[i][:last]
		return taken
	}
	return make([]byte, 0, 1<<exponent)
}

// put keeps a buffer that nobody reads any more.
func (b *buffers) put(buffer []byte) {
	i := bits.Len(uint(cap(buffer))) - 1 - smallestBuffer
	if i >= 0 && i < bufferSizes && len(b.spare[i]) < maxSpareBytes>>(i+smallestBuffer) {
		b.spare[i] = append(b.spare[i], buffer[:0])
	}
}
