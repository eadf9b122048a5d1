package meter

import "testing"

// A batch that was given back is filled again without new memory, whatever frame was its last.
func TestBatchKeepsItsRoom(t *testing.T) {
	var b packets
	fill := func(frame []byte) {
		b.bytes, b.size = b.bytes[:0], 0
		for b.size < maxPacketBytes {
			b.keep(frame)
		}
	}
	for _, length := range []int{60, 1500, 9000, 65535} {
		frame := make([]byte, length)
		fill(frame)
		fill(frame) // grown to what this length needs
		if n := testing.AllocsPerRun(5, func() { fill(frame) }); n != 0 {
			t.Errorf("frames of %d bytes: %v allocations a batch", length, n)
		}
	}
}
