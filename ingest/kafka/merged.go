package kafka

import (
	"context"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load/position"
)

// Merged is the records of several partitions in one order: of the next ones of all
// partitions the earliest by their timestamps comes first, of equal ones that of the lowest
// partition. The order depends on the records only. It is not safe for concurrent use.
type Merged struct {
	feeds []*feed
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// Merge reads what a ledger does not have as done of all partitions, each to the end that
// it has now; of some only, up to the offsets of until, where that is given. Close it.
// patient: it waits for brokers as a reader does that follows.
func (s *Source) Merge(ctx context.Context, off Offsets, until map[int32]int64, patient bool) *Merged {
	ids := s.partitions
	if until != nil {
		ids = slices.Collect(maps.Keys(until))
	}
	ctx, stop := context.WithCancel(ctx)
	m := &Merged{stop: stop}
	for _, id := range slices.Sorted(slices.Values(ids)) {
		f := &feed{ctx: ctx, partition: id, parts: make(chan Messages), taken: make(chan struct{})}
		m.feeds = append(m.feeds, f)
		p := s.partition(id, false, func(context.Context, int32, *plan.Plan) Walk { return f }, func(int64) error { return nil })
		p.until, p.lasting, p.alone, p.patient = until[id], ctx, true, patient
		m.ended.Go(func() {
			f.err = p.read(ctx, off)
			close(f.parts)
		})
	}
	return m
}

// Next gives the next record and its partition; io.EOF behind the last. The record is valid
// until the next call.
func (m *Merged) Next() (partition int32, rec *Message, err error) {
	var first *feed
	for _, f := range m.feeds {
		if err := f.fill(); err != nil {
			return 0, nil, err
		}
		if f.over {
			continue
		}
		if first == nil || f.head().Time.Before(first.head().Time) {
			first = f
		}
	}
	if first == nil {
		return 0, nil, io.EOF
	}
	rec = first.head()
	first.at++
	first.position = rec.Offset + 1
	return first.partition, rec, nil
}

// Walked is a stretch of a partition of which all records were given.
type Walked struct {
	Partition int32
	position.Range
}

// Cut gives what of each partition was walked since the last cut, in order of partition.
func (m *Merged) Cut() []Walked {
	var all []Walked
	for _, f := range m.feeds {
		if walked := (position.Range{First: f.cut, Next: f.position}); !walked.Empty() {
			all = append(all, Walked{f.partition, walked})
		}
		f.cut = f.position
	}
	return all
}

// Close ends the reading.
func (m *Merged) Close() {
	m.stop()
	m.ended.Wait()
}

// feed gives the records of one partition to who asks for them. It implements [Walk] for the
// reader, which waits until a part was used.
type feed struct {
	ctx       context.Context
	partition int32
	parts     chan Messages
	taken     chan struct{}
	err       error // of the reader; valid once parts is closed

	part     Messages
	has      bool // a part, which the reader waits for
	at       int  // of its records the next one
	over     bool
	began    bool
	cut      int64 // where the last cut was
	position int64 // all records before were given
}

func (f *feed) head() *Message { return &f.part.Records[f.at] }

// fill waits for a record, or the end.
func (f *feed) fill() error {
	for !f.over && (!f.has || f.at == len(f.part.Records)) {
		if f.has {
			if f.part.Ends {
				f.position = max(f.position, f.part.Next)
			}
			f.has = false
			select {
			case f.taken <- struct{}{}:
			case <-f.ctx.Done():
			}
		}
		part, ok := <-f.parts
		if !ok {
			f.over = true
			return f.err
		}
		if f.part, f.has, f.at = part, true, 0; !f.began {
			f.began, f.cut, f.position = true, part.First, part.First
		}
	}
	return nil
}

// Take implements [Walk].
func (f *feed) Take(m Messages) error {
	select {
	case f.parts <- m:
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
	select {
	case <-f.taken:
		return nil
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

// The rest of [Walk]: nothing waits in a feed but the part at hand.
func (f *feed) Pass(int64)         {}
func (f *feed) Flush() error       { return nil }
func (f *feed) End() error         { return nil }
func (f *feed) Progress() Progress { return Progress{} }
func (f *feed) Err() error         { return nil }
func (f *feed) Close()             {}

// Commit tells the group, for lag monitors, up to where partitions are stored. Its error
// says that the broker did not take it.
func (s *Source) Commit(ctx context.Context, stored map[int32]int64) error {
	for id, next := range stored {
		if err := s.commitAlone(ctx, id, next); err != nil {
			s.stats.commitFailures.Add(1)
			return err
		}
	}
	return nil
}
