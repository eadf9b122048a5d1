package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// joined reads the partitions of a topic as one, so that directions of a flow meet that are in
// different ones. It goes in rounds of as many records as a block has, in the order of
// [kafka.Merged]. A round is one range of the ledger: what it is made of is noted, it is
// stored, then the offsets of each partition are marked as read. Who finds a round that was
// begun reads just that again. Nothing is looked for in the rounds around.
type joined struct {
	*topic
	from *kafka.Source

	taken bool  // this program writes the rounds
	next  int64 // number of the next round
	fresh bool  // nothing of the topic was stored

	mu   sync.Mutex // partitions are asked for at the same time
	done map[int32]position.Set
}

// read reads to the present ends, or with follow again and again until ctx is done.
func (j *joined) read(ctx context.Context, follow bool) error {
	for {
		err := j.toTheEnd(ctx, follow)
		pause := max(j.pipeline.opts.FlushAfter, lookEvery)
		switch {
		case errors.Is(err, load.ErrLease):
			j.pipeline.leaveToOther(j.source)
			j.taken, j.done = false, map[int32]position.Set{}
			pause = takeBackAfter
		case err != nil:
			return err
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// toTheEnd stores rounds until nothing is left.
func (j *joined) toTheEnd(ctx context.Context, follow bool) error {
	if err := j.take(ctx); err != nil {
		return err
	}
	m := j.from.Merge(ctx, j, nil, follow)
	defer m.Close()
	for {
		batch, full, err := j.collect(m, j.pipeline.opts.BlockRecords, 0)
		if err != nil {
			return err
		}
		parts := j.parts(m)
		if len(parts) == 0 {
			batch.Release()
			return nil
		}
		if err := j.newRound(ctx, parts, batch); err != nil || !full {
			return err
		}
	}
}

// take takes over the writing of the rounds, and finishes the one that was begun.
func (j *joined) take(ctx context.Context) error {
	if j.taken {
		return nil
	}
	rounds, last, err := j.takeRounds(ctx)
	if err != nil {
		return err
	}
	if err := j.mark(ctx, last); err != nil {
		return err
	}
	for _, begun := range rounds.Intended {
		if err := j.again(ctx, begun); err != nil {
			return err
		}
	}
	j.fresh = len(rounds.Done) == 0
	j.next, err = j.pipeline.opts.Store.NextRound(ctx, j.source)
	j.taken = err == nil
	return err
}

// newRound stores what was collected as the next round.
func (j *joined) newRound(ctx context.Context, parts []load.RoundPart, batch anonymize.Batch) error {
	if j.fresh {
		if err := judge(j.source, batch); err != nil {
			batch.Release()
			return err
		}
		j.fresh = false
	}
	ctx, cancel := draining(ctx)
	defer cancel()
	if err := j.pipeline.opts.Store.NoteRound(ctx, j.source, j.next, parts); err != nil {
		batch.Release()
		return err
	}
	round := position.Range{First: j.next, Next: j.next + 1}
	j.next++
	return j.store(ctx, round, round, batch, parts)
}

// again finishes a round that was begun, just as it was.
func (j *joined) again(ctx context.Context, begun position.Intention) error {
	parts, err := j.pipeline.opts.Store.Round(ctx, j.source, begun.First)
	if err != nil {
		return err
	}
	until := map[int32]int64{}
	for _, p := range parts {
		until[p.Partition] = max(until[p.Partition], p.Next)
	}
	m := j.from.Merge(ctx, &roundAgain{until, parts}, until, false)
	defer m.Close()
	batch, _, err := j.collect(m, 0, begun.Clock)
	if err != nil {
		return err
	}
	return j.store(ctx, begun.Range, begun.Window, batch, parts)
}

// store stores a round, which takes its batch over, and marks what it is made of.
func (j *joined) store(ctx context.Context, round, window position.Range, batch anonymize.Batch, parts []load.RoundPart) error {
	r := &pending{span: span{j.source, load.PartitionJoined, round}, window: window, store: true, batch: batch}
	defer r.release()
	err := j.pipeline.with(ctx, func(w *worker) (err error) {
		if w.Context != nil {
			if r.seen, err = w.Context.Look(batch.Flows, batch.DNS); err != nil {
				return err
			}
		}
		return j.pipeline.accept(ctx, w, r, nil)
	})
	if err != nil {
		return err
	}
	return j.mark(ctx, parts)
}

// mark notes in the ledgers of the partitions what a stored round has of them, and tells the group.
func (j *joined) mark(ctx context.Context, parts []load.RoundPart) error {
	stored := map[int32]int64{}
	for _, p := range parts {
		if err := j.markPart(ctx, p); err != nil {
			return err
		}
		stored[p.Partition] = p.Next
	}
	if err := j.from.Commit(ctx, stored); err != nil {
		j.pipeline.opts.Log.Debug("offsets not committed to the group; the store has them", "topic", j.from.Topic(), "error", err)
	}
	return nil
}

// collect decodes up to most records, 0: all. full: it stopped there.
func (j *joined) collect(m *kafka.Merged, most int, clock int64) (batch anonymize.Batch, full bool, err error) {
	gate, err := j.pipeline.lend()
	if err != nil {
		return batch, false, err
	}
	defer j.pipeline.takeBack(gate)
	gate.At(clock)
	if full, err = j.decodeInto(gate, m, most); err != nil {
		gate.Flush().Release()
		return batch, false, err
	}
	return j.pipeline.flush(gate), full, nil
}

func (j *joined) decodeInto(gate *anonymize.Gate, m *kafka.Merged, most int) (full bool, err error) {
	var decoder decode.Message
	last := int32(-1)
	for n := 0; most == 0 || n < most; n++ {
		partition, rec, err := m.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if decoder == nil {
			format, err := j.formatOf(kafka.Messages{Partition: partition, Records: []kafka.Message{*rec}})
			if err != nil {
				return false, err
			}
			if decoder, err = newMessage(format); err != nil {
				return false, err
			}
		}
		if partition != last {
			gate.Begin(j.source, partition)
			last = partition
		}
		decoder.Decode(rec.Value, rec.Offset, gate)
	}
	return true, nil
}

// parts is what was walked of each partition since the last time, without what was stored before.
func (j *joined) parts(m *kafka.Merged) []load.RoundPart {
	j.mu.Lock()
	defer j.mu.Unlock()
	var parts []load.RoundPart
	for _, walked := range m.Cut() {
		for _, r := range j.done[walked.Partition].Holes(walked.Range) {
			parts = append(parts, load.RoundPart{Partition: walked.Partition, Range: r})
		}
	}
	return parts
}

// Known implements [kafka.Offsets].
func (j *joined) Known(ctx context.Context, partition int32) (position.Known, error) {
	store := j.pipeline.opts.Store
	j.mu.Lock()
	_, leased := j.done[partition]
	j.mu.Unlock()
	if !leased {
		if err := store.Lease(ctx, j.source, partition); err != nil {
			return position.Known{}, err
		}
	}
	known, err := store.Known(ctx, j.source, partition)
	if err != nil {
		return known, err
	}
	if len(known.Intended) > 0 {
		return known, fmt.Errorf("topic %s partition %d: offsets %d to %d were begun by a run without pair=topic: run it once without to finish them",
			j.from.Topic(), partition, known.Intended[0].First, known.Intended[0].Next)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done[partition] = known.Done
	return known, nil
}

// Lost implements [kafka.Offsets].
func (j *joined) Lost(ctx context.Context, partition int32, r position.Range) error {
	if err := j.topic.Lost(ctx, partition, r); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done[partition] = j.done[partition].Add(r)
	return nil
}

// roundAgain has read what a round is made of, and nothing else. It implements [kafka.Offsets].
type roundAgain struct {
	until map[int32]int64
	parts []load.RoundPart
}

func (r *roundAgain) Known(_ context.Context, partition int32) (known position.Known, err error) {
	var wanted position.Set
	for _, p := range r.parts {
		if p.Partition == partition {
			wanted = wanted.Add(p.Range)
		}
	}
	for _, other := range wanted.Holes(position.Range{Next: r.until[partition]}) {
		known.Done = known.Done.Add(other)
	}
	return known, nil
}

func (r *roundAgain) Borders(context.Context, int32, position.Range) ([]int64, error) {
	return nil, nil
}

// Lost: the round is finished with what is left of it.
func (r *roundAgain) Lost(context.Context, int32, position.Range) error { return nil }
