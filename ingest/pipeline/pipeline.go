// Package pipeline carries telemetry the whole way: source, decoder, privacy gate,
// enrichment, classification, folding, store. It cuts sources into ranges that can be
// replayed, spreads them over workers, and counts what became of every record.
//
// It must never drop a record without a count, and never look into one.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/usage"
)

// Stage is a transform of one batch. The caller owns both records.
type Stage interface {
	Apply(ctx context.Context, rec arrow.Record) (arrow.Record, error)
}

// ContextStage is a stage that also reads the DNS batch of the same range, which may be nil.
type ContextStage interface {
	Stage
	ApplyWith(ctx context.Context, rec, dns arrow.Record) (arrow.Record, error)
}

// Store is what the pipeline needs of load.
type Store interface {
	Write(ctx context.Context, batch load.Batch) error
	Done(ctx context.Context, source string) (map[int32][]load.Range, error)
	Intended(ctx context.Context, source string) ([]load.Range, error)
	// Refresh looks at a partition's ledger again, so that what others wrote is seen.
	Refresh(ctx context.Context, source string, partition int32) error
}

// Parts are what one worker owns: none of it is safe for concurrent use.
type Parts struct {
	Gate   *anonymize.Gate
	Stages []Stage // enrichment, context, then classification
	Folder *usage.Folder
	// Pack and Lists are the versions that every batch is written down with.
	Pack, Lists string
	// KeyID names the key of the pseudonyms.
	KeyID string
}

// Options configure a pipeline.
type Options struct {
	Store Store
	// NewParts makes the parts of a worker.
	NewParts func() (Parts, error)
	Workers  int
	// BatchRecords is how many records make a batch, about as many for lines of a plain
	// file. BatchBytes is how many bytes of lines that come as a stream make one.
	BatchRecords, BatchBytes int
	Log                      *slog.Logger
}

// Pipeline runs sources into a store.
type Pipeline struct {
	opts  Options
	idle  chan *worker
	stats Stats
	// accept takes a batch of a span over: into the store, or to a scan's caller.
	accept func(ctx context.Context, w *worker, at span, batch anonymize.Batch) error
}

// New makes a pipeline and its workers. Close it.
func New(opts Options) (*Pipeline, error) {
	p := &Pipeline{opts: opts, idle: make(chan *worker, opts.Workers), accept: store}
	for range opts.Workers {
		parts, err := opts.NewParts()
		if err != nil {
			p.Close()
			return nil, err
		}
		p.idle <- &worker{Parts: parts, pipeline: p, decoders: map[decode.Format]decode.Message{}}
	}
	return p, nil
}

// Close releases the workers. No run may be under way.
func (p *Pipeline) Close() {
	for range len(p.idle) {
		(<-p.idle).Gate.Release()
	}
}

// with lends an idle worker to work, waiting for one.
func (p *Pipeline) with(ctx context.Context, work func(*worker) error) error {
	select {
	case w := <-p.idle:
		defer func() { p.idle <- w }()
		return work(w)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// worker decodes ranges and brings them to the store.
type worker struct {
	Parts
	pipeline *Pipeline
	decoders map[decode.Format]decode.Message
	lines    files.LineReader
}

// message gives the worker's decoder of a format.
func (w *worker) message(f decode.Format) (decode.Message, error) {
	if d, ok := w.decoders[f]; ok {
		return d, nil
	}
	d, err := decode.NewMessage(f, decode.WithInspect(InspectPayloads()))
	if err != nil {
		return nil, err
	}
	w.decoders[f] = d
	return d, nil
}

// span names a range of a source: positions from First up to, not including, Next.
type span struct {
	source      string
	partition   int32
	first, next int64
}

// deliver hands on what the gate holds as the batch of a span.
func (w *worker) deliver(ctx context.Context, at span) error {
	return w.pipeline.accept(ctx, w, at, w.Gate.Flush())
}

// drainTime is how long a batch may take to reach the store once the run is asked to stop.
const drainTime = 20 * time.Second

// draining gives a context that outlives ctx by drainTime, so that a batch that was
// begun is finished.
func draining(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, cancel) })
	return longer, func() { stop(); cancel() }
}

// store transforms a batch and writes it.
func store(ctx context.Context, w *worker, at span, in anonymize.Batch) error {
	ctx, cancel := draining(ctx)
	defer cancel()
	defer releaseRecords(in.Flows, in.DNS)
	batch := load.Batch{
		Source: at.source, Partition: at.partition, First: at.first, Next: at.next,
		Pack: w.Pack, Lists: w.Lists, KeyID: w.KeyID,
		Counts: load.Counts{
			In: uint64(in.Counts.In), Rejected: uint64(in.Counts.Rejected), Skipped: uint64(in.Counts.Skipped),
		},
		Simulated: in.Counts.Simulated > 0,
	}
	if in.Counts.Flows+in.Counts.DNS > 0 {
		batch.FirstEvent, batch.LastEvent = time.UnixMilli(in.Counts.MinTime), time.UnixMilli(in.Counts.MaxTime)
	}
	tables, counts, err := w.transform(ctx, in.Flows, in.DNS)
	if in.Rejects != nil {
		tables = append(tables, usage.Table{Name: schemas.TableRejects, Record: in.Rejects})
	}
	defer tables.Release()
	if err != nil {
		return fmt.Errorf("batch %s[%d] %d to %d: %w", at.source, at.partition, at.first, at.next, err)
	}
	batch.Counts.Stored, batch.Counts.Folded = uint64(counts.Stored), uint64(counts.Folded)
	for _, t := range tables {
		batch.Tables = append(batch.Tables, load.TableBatch{Name: t.Name, Record: t.Record})
	}
	if err := w.pipeline.opts.Store.Write(ctx, batch); err != nil {
		return err
	}
	w.pipeline.stats.add(batch.Counts, in.Counts.Paired)
	w.pipeline.stats.addReasons(in.Rejects)
	return nil
}

// transform runs the stages over a flow batch and folds the results.
func (w *worker) transform(ctx context.Context, flows, dns arrow.Record) (usage.Tables, usage.Counts, error) {
	if flows == nil {
		return w.Folder.Fold(ctx, nil, dns, w.Pack)
	}
	rec, err := w.classify(ctx, flows, dns)
	if err != nil {
		return nil, usage.Counts{}, err
	}
	defer rec.Release()
	return w.Folder.Fold(ctx, rec, dns, w.Pack)
}

// classify runs the stages over a flow batch.
func (w *worker) classify(ctx context.Context, flows, dns arrow.Record) (arrow.Record, error) {
	rec := flows
	rec.Retain()
	for _, stage := range w.Stages {
		next, err := apply(ctx, stage, rec, dns)
		rec.Release()
		if err != nil {
			return nil, err
		}
		rec = next
	}
	return rec, nil
}

func apply(ctx context.Context, stage Stage, rec, dns arrow.Record) (arrow.Record, error) {
	if beside, ok := stage.(ContextStage); ok {
		return beside.ApplyWith(ctx, rec, dns)
	}
	return stage.Apply(ctx, rec)
}

func releaseRecords(recs ...arrow.Record) {
	for _, r := range recs {
		if r != nil {
			r.Release()
		}
	}
}
