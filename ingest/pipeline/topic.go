package pipeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/kafka"
)

// Topic runs a Kafka topic into the store: to its present end, or with follow until
// ctx is done. The ledger says where each partition is read on.
func (p *Pipeline) Topic(ctx context.Context, source *kafka.Source, follow bool) error {
	p.stats.Sources.Add(1)
	t := &topic{pipeline: p, source: source.Name(), format: decode.Format(source.Format())}
	return source.Run(ctx, follow, t, t.handle)
}

// topic carries the ranges of one topic.
type topic struct {
	pipeline *Pipeline
	source   string
	format   decode.Format // empty: recognised by each range's first record
}

// Ranges implements [kafka.Offsets].
func (t *topic) Ranges(ctx context.Context, _ string, partition int32) (done, intended []kafka.Range, err error) {
	if err := t.pipeline.opts.Store.Refresh(ctx, t.source, partition); err != nil {
		return nil, nil, err
	}
	known, err := t.pipeline.known(ctx, t.source, partition)
	for _, r := range known.done {
		done = append(done, kafka.Range{First: r.First, Next: r.Next})
	}
	for _, r := range known.intended {
		intended = append(intended, kafka.Range{First: r.First, Next: r.Next})
	}
	return done, intended, err
}

// handle is the [kafka.Handler]: it decodes a range as one batch.
func (t *topic) handle(ctx context.Context, m kafka.Messages) error {
	format, err := t.formatOf(m)
	if err != nil {
		return err
	}
	return t.pipeline.with(ctx, func(w *worker) error {
		w.Gate.Begin(t.source, m.Partition)
		if err := w.messages(format, m.Records); err != nil {
			return err
		}
		return w.deliver(ctx, span{t.source, m.Partition, m.First, m.Next})
	})
}

// messages decodes the records of a range.
func (w *worker) messages(format decode.Format, records []kafka.Message) error {
	if len(records) == 0 {
		return nil
	}
	decoder, err := w.message(format)
	if err != nil {
		return err
	}
	for i := range records {
		decoder.Decode(records[i].Value, records[i].Offset, w.Gate)
	}
	return nil
}

// formatOf gives the format of a range of messages.
func (t *topic) formatOf(m kafka.Messages) (decode.Format, error) {
	if t.format != "" || len(m.Records) == 0 {
		return t.format, nil
	}
	format, err := decode.Recognise(m.Records[0].Value, "")
	if err != nil {
		name, _, _ := strings.Cut(t.source, "@")
		return "", fmt.Errorf("%s, partition %d, offset %d: %w; name it in the URI as ?format=…", name, m.Partition, m.Records[0].Offset, err)
	}
	return format, nil
}
