package meter

// passing hands batches from one goroutine to the next, and back when they were read.
type passing[T any] struct{ full, empty chan *T }

func newPassing[T any](batches ...*T) passing[T] {
	p := passing[T]{make(chan *T, len(batches)), make(chan *T, len(batches))}
	for _, b := range batches {
		p.empty <- b
	}
	return p
}
