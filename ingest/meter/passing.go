package meter

// passing hands batches from one goroutine to the next, and back when they were read.
type passing[T any] struct{ full, empty chan *T }

func newPassing[T any](batches int) passing[T] {
	p := passing[T]{make(chan *T, batches), make(chan *T, batches)}
	for range batches {
		p.empty <- new(T)
	}
	return p
}
