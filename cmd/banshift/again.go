package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/pipeline"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// readings are the records that "run --again" reads: of each file or topic those that its last
// reading rejected. A reading has a name of its own in the ledger, so that what the
// readings before it counted stays as it was.
type readings struct {
	store *load.Store
	mu    sync.RWMutex
	only  map[part][]int64 // positions in order
}

// part is a partition of a reading.
type part struct {
	source    string
	partition int32
}

func newReadings(store *load.Store) *readings {
	return &readings{store: store, only: map[part][]int64{}}
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
		r.keep(part{name, 0}, rejected)
		return nil
	}
}

// passes tells the gate whether a record is to be read.
func (r *readings) passes(source string, partition int32) func(position int64) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	only, ok := r.only[part{source, partition}]
	if !ok {
		return nil
	}
	return func(position int64) bool {
		_, found := slices.BinarySearch(only, position)
		return found
	}
}

// ofTopic gives the readings of a topic in which records that were rejected are read once more: each record once,
// however often it was rejected before.
func (r *readings) ofTopic(ctx context.Context, name string) ([]pipeline.Reading, error) {
	ends, err := r.store.Ends(ctx, name)
	if err != nil {
		return nil, err
	}
	var all []pipeline.Reading
	for n := 2; ; n++ {
		next := pipeline.Reading{Source: reading(name, n), Wanted: map[int32][]int64{}, Until: map[int32]int64{}}
		anyRejected := false
		for partition, end := range ends {
			rejected, err := r.store.Rejected(ctx, reading(name, n-1), partition)
			if err != nil {
				return nil, err
			}
			anyRejected = anyRejected || len(rejected) > 0
			known, err := r.store.Known(ctx, next.Source, partition)
			if err != nil {
				return nil, err
			}
			r.keep(part{next.Source, partition}, rejected)
			wanted := slices.DeleteFunc(slices.Clone(rejected), func(at int64) bool {
				return known.Done.Covers(position.Range{First: at, Next: at + 1})
			})
			if len(wanted) > 0 {
				next.Wanted[partition], next.Until[partition] = wanted, end
			}
		}
		if !anyRejected {
			return all, nil
		}
		if len(next.Wanted) > 0 {
			all = append(all, next)
		}
	}
}

// keep remembers which records of a reading are to be read.
func (r *readings) keep(of part, positions []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.only[of] = positions
}
