package pipeline

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
)

// Stats counts what became of the records of a run: In = Stored + Folded + Rejected.
// It is safe for concurrent use.
type Stats struct {
	In, Stored, Folded, Rejected atomic.Int64
	Read                         atomic.Int64 // decoded so far, whether they are stored already or not
	Bytes                        atomic.Int64 // read of files, before their compression is seen through
	Queued                       atomic.Int64 // ranges that were begun and are neither stored nor left
	// Skipped carry no telemetry; Paired were joined to the row of their other direction.
	Skipped, Paired atomic.Int64
	// Unpaired are one-way records without their other direction.
	Unpaired atomic.Int64
	// Sources were read, Known ones were in the store already, Unrecognised ones left, Taken
	// ones left to another program that took them over.
	Sources, Known, Unrecognised, Taken atomic.Int64

	mu          sync.Mutex
	reasons     map[string]int64
	first, last int64 // times of records, ms
}

// Reason is why records were rejected, and how many.
type Reason struct {
	Reason string
	Count  int64
}

// Stats gives the running counts.
func (p *Pipeline) Stats() *Stats { return &p.stats }

// Times gives the times of the oldest and the newest record, in ms; 0 where there was none.
func (s *Stats) Times() (first, last int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first, s.last
}

// sawTimes widens the times of records.
func (s *Stats) sawTimes(first, last int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == 0 || first < s.first {
		s.first = first
	}
	s.last = max(s.last, last)
}

// Reasons lists why records were rejected, most frequent first.
func (s *Stats) Reasons() []Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Reason
	for reason, n := range s.reasons {
		list = append(list, Reason{reason, n})
	}
	slices.SortFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

func (s *Stats) add(c load.Counts, paired int64) {
	s.In.Add(int64(c.In))
	s.Stored.Add(int64(c.Stored))
	s.Folded.Add(int64(c.Folded))
	s.Rejected.Add(int64(c.Rejected))
	s.Skipped.Add(int64(c.Skipped))
	s.Paired.Add(paired)
}

// addReasons counts the reasons of a batch in [schemas.RejectsSchema], or nil.
func (s *Stats) addReasons(rejects arrow.Record) {
	if rejects == nil {
		return
	}
	column := rejects.Column(3).(*array.Dictionary)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reasons == nil {
		s.reasons = map[string]int64{}
	}
	for i := range int(rejects.NumRows()) {
		s.reasons[schemas.DictString(column, i)]++
	}
}
