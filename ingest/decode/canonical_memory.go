package decode

import (
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

// maxCanonicalMemory is what reading one canonical file may take at a time.
const maxCanonicalMemory = 256 << 20

// boundedMemory is an allocator that panics before it hands out more than a limit: a length
// in a damaged file is believed by the library, and want of memory cannot be caught. See guard.
type boundedMemory struct {
	memory.Allocator
	used atomic.Int64
}

// Allocate implements [memory.Allocator].
func (m *boundedMemory) Allocate(size int) []byte {
	m.take(size)
	return m.Allocator.Allocate(size)
}

// Reallocate implements [memory.Allocator].
func (m *boundedMemory) Reallocate(size int, b []byte) []byte {
	m.take(size - len(b))
	return m.Allocator.Reallocate(size, b)
}

// Free implements [memory.Allocator].
func (m *boundedMemory) Free(b []byte) {
	m.used.Add(-int64(len(b)))
	m.Allocator.Free(b)
}

func (m *boundedMemory) take(size int) {
	if used := m.used.Add(int64(size)); used > maxCanonicalMemory {
		m.used.Add(-int64(size))
		panic(fmt.Errorf("over %d MiB are needed at once; write smaller row groups or batches", maxCanonicalMemory>>20))
	}
}
