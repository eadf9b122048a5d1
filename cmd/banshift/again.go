package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
)

// readings are the records that "run --again" reads: of each file those that its last
// reading rejected. A reading has a name of its own in the ledger, so that what the
// readings before it counted stays as it was.
type readings struct {
	store *load.Store
	mu    sync.RWMutex
	only  map[string][]int64 // by name: positions in order
}

func newReadings(store *load.Store) *readings {
	return &readings{store: store, only: map[string][]int64{}}
}

// reading is the name of the nth time that a source is read.
func reading(source string, n int) string {
	if n == 1 {
		return source
	}
	return fmt.Sprintf("%s~%d", source, n)
}

// again gives a source the name under which it is read once more. A source that was never
// read to its end keeps its name and is read as always; so does one without rejects.
func (r *readings) again(ctx context.Context, src *files.Source) error {
	for n := 1; ; n++ {
		name := reading(src.ID, n)
		complete, err := r.store.Known(ctx, name, load.PartitionComplete)
		if err != nil {
			return err
		}
		if len(complete.Done) > 0 {
			continue
		}
		if n == 1 {
			return nil
		}
		before := reading(src.ID, n-1)
		rejected, err := r.store.Rejected(ctx, before, 0)
		if err != nil {
			return err
		}
		if len(rejected) == 0 {
			src.ID = before
			return nil
		}
		src.ID = name
		r.mu.Lock()
		defer r.mu.Unlock()
		r.only[name] = rejected
		return nil
	}
}

// passes tells the gate whether a record is to be read.
func (r *readings) passes(source string) func(position int64) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	only, ok := r.only[source]
	if !ok {
		return nil
	}
	return func(position int64) bool {
		_, found := slices.BinarySearch(only, position)
		return found
	}
}
