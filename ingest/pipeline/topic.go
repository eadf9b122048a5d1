package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/load"
)

// Topic runs a Kafka topic into the store: to its present end, or with follow until
// ctx is done. The ledger says where each partition is read on.
func (p *Pipeline) Topic(ctx context.Context, source *kafka.Source, follow bool) error {
	p.stats.Sources.Add(1)
	name, err := p.identify(ctx, source.Name())
	if err != nil {
		return err
	}
	t := &topic{pipeline: p, source: name, format: decode.Format(source.Format()), known: map[int32]ranges{}}
	if t.format != "" {
		if err := p.accepts(t.format); err != nil {
			return err
		}
	}
	return source.Run(ctx, follow, t, t.walk)
}

// topic carries the ranges of one topic.
type topic struct {
	pipeline *Pipeline
	source   string
	format   decode.Format // empty: recognised by each range's first record

	mu    sync.Mutex
	known map[int32]ranges // what the ledger had of each partition when reading began
}

// Ranges implements [kafka.Offsets].
func (t *topic) Ranges(ctx context.Context, _ string, partition int32) (done []kafka.Range, intended []kafka.Intention, err error) {
	if err := t.pipeline.opts.Store.Lease(ctx, t.source, partition); err != nil {
		return nil, nil, err
	}
	known, err := t.pipeline.known(ctx, t.source, partition)
	t.mu.Lock()
	t.known[partition] = known
	t.mu.Unlock()
	for _, r := range known.done {
		done = append(done, kafka.Range{First: r.First, Next: r.Next})
	}
	for _, i := range known.intended {
		intended = append(intended, kafka.Intention{
			Range:  kafka.Range{First: i.First, Next: i.Next},
			Beside: kafka.Range{First: i.Beside.First, Next: i.Beside.Next},
		})
	}
	return done, intended, err
}

// Borders implements [kafka.Offsets].
func (t *topic) Borders(ctx context.Context, _ string, partition int32, in kafka.Range) ([]int64, error) {
	return t.pipeline.opts.Store.Borders(ctx, t.source, partition, load.Window{First: in.First, Next: in.Next})
}

// Lost implements [kafka.Offsets]: the range is stored, and nothing is in it.
func (t *topic) Lost(ctx context.Context, _ string, partition int32, r kafka.Range) error {
	return t.pipeline.opts.Store.Write(ctx, load.Batch{Source: t.source, Partition: partition, First: r.First, Next: r.Next})
}

// walk begins a [kafka.Walk].
func (t *topic) walk(partition int32) kafka.Walk {
	return &topicWalk{topic: t, partition: partition, neighbours: t.pipeline.neighbourhood(int64(t.pipeline.opts.BlockRecords))}
}

// topicWalk decodes the ranges of a partition one after the other. Its gate collects the
// rows of a range over several parts.
type topicWalk struct {
	*topic
	partition  int32
	neighbours *neighbourhood
	gate       *anonymize.Gate // nil between two ranges
	decoder    decode.Message
}

// Take implements [kafka.Walk].
func (t *topicWalk) Take(ctx context.Context, m kafka.Messages) (kafka.Progress, error) {
	err := t.pipeline.with(ctx, func(w *worker) error {
		if err := t.decode(m); err != nil {
			return err
		}
		if !m.Ends {
			return nil
		}
		r := &held{
			span: span{t.source, t.partition, m.First, m.Next}, window: window(m.First, t.neighbours.block), store: !m.Aside, fresh: t.fresh(),
		}
		batch := t.gate.Flush()
		t.pipeline.takeBack(t.gate)
		t.gate, t.decoder = nil, nil
		return w.deliver(ctx, t.neighbours, r, batch)
	})
	return t.progress(), takenOver(err)
}

// takenOver says in the reader's words that another program writes the partition now.
func takenOver(err error) error {
	if errors.Is(err, load.ErrLease) {
		return fmt.Errorf("%w: %w", kafka.ErrTaken, err)
	}
	return err
}

// fresh reports whether the ledger has nothing of the partition.
func (t *topicWalk) fresh() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.known[t.partition].done) == 0
}

// Horizon implements [kafka.Walk].
func (t *topicWalk) Horizon(ctx context.Context) (kafka.Progress, error) {
	t.neighbours.horizon()
	err := t.pipeline.with(ctx, func(w *worker) error { return t.neighbours.advance(ctx, w) })
	return t.progress(), takenOver(err)
}

// Close implements [kafka.Walk].
func (t *topicWalk) Close() {
	t.neighbours.close()
	if t.gate != nil {
		t.gate.Flush().Release()
		t.pipeline.takeBack(t.gate)
		t.gate = nil
	}
}

func (t *topicWalk) progress() kafka.Progress {
	ranges, before := t.neighbours.waiting()
	return kafka.Progress{Waiting: ranges, Stored: before}
}

// decode has the gate take the records of a part.
func (t *topicWalk) decode(m kafka.Messages) error {
	if t.gate == nil {
		var err error
		if t.gate, err = t.pipeline.lend(); err != nil {
			return err
		}
		t.gate.Begin(t.source, t.partition)
		t.mu.Lock()
		t.gate.At(t.known[t.partition].clock(m.First))
		t.mu.Unlock()
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
