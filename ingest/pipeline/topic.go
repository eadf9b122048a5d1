package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// Topic runs a Kafka topic into the store: to its present end, or with follow until
// ctx is done. The ledger says where each partition is read on.
func (p *Pipeline) Topic(ctx context.Context, source *kafka.Source, follow bool) error {
	t, err := p.topic(ctx, source)
	if err != nil {
		return err
	}
	if source.Whole() {
		j := &joined{topic: t, from: source, done: map[int32]position.Set{}}
		return j.read(ctx, follow)
	}
	return source.Run(ctx, follow, t, t.walk)
}

// topic looks up under which name a topic is kept, and whether its format may be read.
func (p *Pipeline) topic(ctx context.Context, source *kafka.Source) (*topic, error) {
	p.stats.Sources.Add(1)
	name, err := p.identify(ctx, source.Name())
	if err != nil {
		return nil, err
	}
	if p.opts.Incarnation != nil {
		plain := name
		if name, err = p.opts.Incarnation(ctx, plain, source.ID()); err != nil {
			return nil, err
		}
		if name != plain {
			p.opts.Log.Warn("the topic was deleted and made again under its name since it was first read: what it has now is another source", "topic", source.Topic(), "source", name)
		}
	}
	t := &topic{pipeline: p, source: name, format: decode.Format(source.Format())}
	if t.format != "" {
		if err := p.accepts(t.format); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Reading is one time that records of a topic are read once more.
type Reading struct {
	Source string // its name
	// Wanted are the offsets of the records by partition, in order; Until is where the partitions end.
	Wanted map[int32][]int64
	Until  map[int32]int64
}

// TopicAgain reads records of a topic that were read before once more: those of the readings that are given for
// its name. The ranges that have none of them count as read.
func (p *Pipeline) TopicAgain(ctx context.Context, source *kafka.Source, readings func(ctx context.Context, name string) ([]Reading, error)) error {
	t, err := p.topic(ctx, source)
	if err != nil {
		return err
	}
	all, err := readings(ctx, t.source)
	if err != nil {
		return err
	}
	for _, r := range all {
		again := &topicAgain{topic: topic{pipeline: p, source: r.Source, format: t.format}, Reading: r}
		if err := source.Reread(ctx, r.Until, again, again.walk); err != nil {
			return err
		}
	}
	return nil
}

// topicAgain is a topic of which some records are read once more.
type topicAgain struct {
	topic
	Reading
}

// Known implements [kafka.Offsets]: blocks without a record that is wanted need not be read.
func (t *topicAgain) Known(ctx context.Context, partition int32) (position.Known, error) {
	known, err := t.topic.Known(ctx, partition)
	block, from := int64(t.pipeline.opts.BlockRecords), int64(0)
	for _, at := range t.Wanted[partition] {
		known.Done = known.Done.Add(position.Range{First: from, Next: at - at%block})
		from = max(from, at-at%block+block)
	}
	known.Done = known.Done.Add(position.Range{First: from, Next: t.Until[partition]})
	return known, err
}

// topic is one topic that is read.
type topic struct {
	pipeline *Pipeline
	source   string
	format   decode.Format // empty: recognised by each range's first record
}

// Known implements [kafka.Offsets]: who asks takes over the writing of the partition.
func (t *topic) Known(ctx context.Context, partition int32) (position.Known, error) {
	store := t.pipeline.opts.Store
	if err := store.Lease(ctx, t.source, partition); err != nil {
		return position.Known{}, err
	}
	// Asked behind the lease: who reads the partitions as one takes theirs behind that of its rounds.
	if isJoined, err := store.IsJoined(ctx, t.source); err != nil {
		return position.Known{}, err
	} else if isJoined {
		if err := t.endRounds(ctx, partition); err != nil {
			return position.Known{}, err
		}
	}
	return store.Known(ctx, t.source, partition)
}

// endRounds ends the rounds of a topic that was read as one, and marks what the last has of a partition.
func (t *topic) endRounds(ctx context.Context, partition int32) error {
	rounds, last, err := t.takeRounds(ctx)
	if err != nil {
		return err
	}
	if len(rounds.Intended) > 0 {
		return fmt.Errorf("%s: a round of all partitions was begun by a run with pair=topic: run it once with pair=topic to finish that", t.source)
	}
	for _, p := range last {
		if p.Partition != partition {
			continue
		}
		if err := t.markPart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// takeRounds takes over the writing of the rounds of a topic that is read as one, and gives what is known of them and
// what the last that was stored is made of.
func (t *topic) takeRounds(ctx context.Context) (rounds position.Known, last []load.RoundPart, err error) {
	store := t.pipeline.opts.Store
	if err := store.Lease(ctx, t.source, load.PartitionJoined); err != nil {
		return rounds, nil, err
	}
	rounds, err = store.Known(ctx, t.source, load.PartitionJoined)
	if n := len(rounds.Done); err == nil && n > 0 {
		last, err = store.Round(ctx, t.source, rounds.Done[n-1].Next-1)
	}
	return rounds, last, err
}

// markPart notes that offsets of a partition are stored with a round.
func (t *topic) markPart(ctx context.Context, p load.RoundPart) error {
	known, err := t.pipeline.opts.Store.Known(ctx, t.source, p.Partition)
	if err != nil || known.Done.Covers(p.Range) {
		return err
	}
	return t.pipeline.opts.Store.Write(ctx, load.Batch{Source: t.source, Partition: p.Partition, First: p.First, Next: p.Next})
}

// Borders implements [kafka.Offsets].
func (t *topic) Borders(ctx context.Context, partition int32, in position.Range) ([]int64, error) {
	return t.pipeline.opts.Store.Borders(ctx, t.source, partition, in)
}

// Lost implements [kafka.Offsets]: the range is stored, and nothing is in it.
func (t *topic) Lost(ctx context.Context, partition int32, r position.Range) error {
	return t.pipeline.opts.Store.Write(ctx, load.Batch{Source: t.source, Partition: partition, First: r.First, Next: r.Next})
}

// walk begins a [kafka.Walk]. One range is stored while the next is decoded: partitions are
// read at the same time, and each that waits for a worker takes memory.
func (t *topic) walk(ctx context.Context, partition int32, plan *plan.Plan) kafka.Walk {
	return &topicWalk{topic: t, walk: t.pipeline.walk(ctx, t.source, partition, plan, 1), lasting: ctx}
}

// topicWalk decodes the ranges of a partition one after the other. Its gate collects the
// rows of a range over several parts.
type topicWalk struct {
	*topic
	walk    *walk
	lasting context.Context
	gate    *anonymize.Gate // nil between two ranges
	decoder decode.Message
}

// Take implements [kafka.Walk].
func (t *topicWalk) Take(m kafka.Messages) error {
	if err := t.decode(m); err != nil || !m.Ends {
		return err
	}
	batch := t.pipeline.flush(t.gate)
	t.pipeline.takeBack(t.gate)
	t.gate, t.decoder = nil, nil
	return takenOver(t.walk.hand(position.Range{First: m.First, Next: m.Next}, batch))
}

// Pass implements [kafka.Walk].
func (t *topicWalk) Pass(next int64) { t.walk.neighbours.pass(next) }

// Flush implements [kafka.Walk].
func (t *topicWalk) Flush() error {
	t.walk.flush()
	return t.Err()
}

// End implements [kafka.Walk].
func (t *topicWalk) End() error { return takenOver(t.walk.end(t.lasting)) }

// Close implements [kafka.Walk].
func (t *topicWalk) Close() {
	t.walk.close()
	if t.gate != nil {
		t.gate.Flush().Release()
		t.pipeline.takeBack(t.gate)
		t.gate = nil
	}
}

// Progress implements [kafka.Walk].
func (t *topicWalk) Progress() kafka.Progress {
	ranges, before := t.walk.neighbours.waiting()
	return kafka.Progress{Waiting: ranges, Stored: before}
}

// Err implements [kafka.Walk].
func (t *topicWalk) Err() error { return takenOver(context.Cause(t.walk.ctx)) }

// takenOver says in the reader's words that another program writes the partition now.
func takenOver(err error) error {
	if errors.Is(err, load.ErrLease) {
		return fmt.Errorf("%w: %w", kafka.ErrTaken, err)
	}
	return err
}

// decode has the gate take the records of a part.
func (t *topicWalk) decode(m kafka.Messages) error {
	if t.gate == nil {
		var err error
		if t.gate, err = t.pipeline.lend(); err != nil {
			return err
		}
		t.walk.begin(t.gate, m.First)
	}
	if len(m.Records) == 0 {
		return nil
	}
	if t.decoder == nil {
		format, err := t.formatOf(m)
		if err != nil {
			return err
		}
		if t.decoder, err = newMessage(format); err != nil {
			return err
		}
	}
	done := t.pipeline.begin(StageDecode)
	defer done(nil)
	for i := range m.Records {
		t.decoder.Decode(m.Records[i].Value, m.Records[i].Offset, t.gate)
	}
	return nil
}

// recogniseRecords is how many records are looked at for one that tells the format: frames
// that are not IP have no addresses.
const recogniseRecords = 50

// formatOf gives the format of a range by its first records.
func (t *topic) formatOf(m kafka.Messages) (decode.Format, error) {
	if t.format != "" {
		return t.format, nil
	}
	format, err := decode.Recognise(m.Records[0].Value, "")
	for i := 1; err != nil && i < min(len(m.Records), recogniseRecords); i++ {
		if f, laterErr := decode.Recognise(m.Records[i].Value, ""); laterErr == nil {
			format, err = f, nil
		}
	}
	if err != nil {
		name, _, _ := strings.Cut(t.source, "@")
		return "", fmt.Errorf("%s, partition %d, offset %d: %w; name it in the URI as ?format=…", name, m.Partition, m.Records[0].Offset, err)
	}
	return format, t.pipeline.accepts(format)
}

// accepts asks whether a format may be read.
func (p *Pipeline) accepts(f decode.Format) error {
	if p.opts.Accept == nil {
		return nil
	}
	return p.opts.Accept(f)
}
