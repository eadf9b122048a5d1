package load

import (
	"context"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
)

// knownVerdicts remembers which numbers this process stored the names of.
type knownVerdicts struct {
	mu      sync.Mutex
	numbers map[uint64]bool
}

// nameVerdicts stores the names of the verdicts of a batch that this process has not stored yet, before the rows that
// have their numbers. Names that are stored again replace themselves.
func (s *Store) nameVerdicts(ctx context.Context, b Batch) error {
	for _, t := range b.Tables {
		if t.Name != schemas.TableVerdicts || s.named.all(t.Record) {
			continue
		}
		if err := s.retry(ctx, 0, func() error { return s.insertArrow(ctx, t.Name, t.Record) }); err != nil {
			return err
		}
		s.named.add(t.Record)
	}
	return nil
}

func (k *knownVerdicts) all(rec arrow.Record) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, number := range rec.Column(0).(*array.Uint64).Uint64Values() {
		if !k.numbers[number] {
			return false
		}
	}
	return true
}

func (k *knownVerdicts) add(rec arrow.Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.numbers == nil {
		k.numbers = map[uint64]bool{}
	}
	for _, number := range rec.Column(0).(*array.Uint64).Uint64Values() {
		k.numbers[number] = true
	}
}
