// Package pipeline carries telemetry the whole way: source, decoder, privacy gate,
// context, enrichment, classification, folding, store. It cuts sources into ranges that
// can be replayed, spreads them over workers, and counts what became of every record.
//
// Positions of a partition (bytes of a file of lines, ordinals of a stream, Kafka
// offsets) fall into blocks of a fixed size. A range lies in one block; its neighbours
// are the ranges of its block, the one before and the one behind. What is
// stored is so a function of the records and the configuration, whatever the number of
// workers and rows that go through the stages at once.
//
// It must never drop a record without a count, and never look into one.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/flowcontext"
	"github.com/banshift/banshift/transform/usage"
)

// Stage is a transform of one batch. The caller owns both records.
type Stage interface {
	Apply(ctx context.Context, rec arrow.Record) (arrow.Record, error)
}

// Store is what the pipeline needs of load.
type Store interface {
	Write(ctx context.Context, batch load.Batch) error
	// Known gives what the ledger knows of a partition.
	Known(ctx context.Context, source string, partition int32) (position.Known, error)
	// Borders gives where ranges of a partition that were written down begin or end strictly inside a range.
	Borders(ctx context.Context, source string, partition int32, in position.Range) ([]int64, error)
	// FilesRead lists the files that something is stored of.
	FilesRead(ctx context.Context) ([]load.FileRead, error)
	// Rejected gives the positions of the records of a partition that were rejected, in order.
	Rejected(ctx context.Context, source string, partition int32) ([]int64, error)
	// Lease takes over the writing of a partition, and looks at its ledger anew.
	Lease(ctx context.Context, source string, partition int32) error
	Rounds
}

// Rounds are what the store notes of a topic whose partitions are read as one: see [joined].
type Rounds interface {
	// IsJoined reports whether a program has ever taken over the rounds of a topic.
	IsJoined(ctx context.Context, source string) (bool, error)
	// NextRound gives a number under which no round was noted.
	NextRound(ctx context.Context, source string) (int64, error)
	// NoteRound writes down what a round is made of, Round gives it.
	NoteRound(ctx context.Context, source string, round int64, parts []load.RoundPart) error
	Round(ctx context.Context, source string, round int64) ([]load.RoundPart, error)
}

// Parts are what one worker owns: none of it is safe for concurrent use.
type Parts struct {
	// Context looks at the neighbours of flows, before the stages; nil: nothing does.
	Context *flowcontext.Stage
	Stages  []Stage // enrichment, then classification
	Folder  *usage.Folder
	// Pack and Lists are the versions that every batch is written down with.
	Pack, Lists string
	// KeyID names the key of the pseudonyms.
	KeyID string
}

// Options configure a pipeline.
type Options struct {
	Store Store
	// NewParts makes the parts of a worker, NewGate a gate: each range at work needs one.
	NewParts func() (Parts, error)
	// Generation changes where the parts and gates are to be made anew, between two ranges. nil: never.
	Generation func() int64
	NewGate    func() (*anonymize.Gate, error)
	Workers    int
	// BatchRecords is how many rows go through the stages at once.
	BatchRecords int
	// BlockRecords is how many records of a stream or a topic make a block, BlockBytes
	// how many bytes of lines.
	BlockRecords, BlockBytes int
	// FlushAfter is how long a range of a source that is read while it is written waits for more.
	FlushAfter time.Duration
	// RejectLimit ends the run with [ErrTooManyRejects] once more records are rejected; nil: nothing does.
	RejectLimit *int64
	// Identify gives the name under which a file or topic is kept in the store, for the one that it has by
	// itself, which may hold an address; nil: the same.
	Identify func(ctx context.Context, source string) (string, error)
	// Incarnation gives the name under which a topic is kept, for the one that [Options.Identify] gives and its id:
	// one that was deleted and made again is another source; nil: none is known.
	Incarnation func(ctx context.Context, topic, id string) (string, error)
	// Accept is asked about the format of a topic before it is read; an error ends the run. nil: all are.
	Accept func(decode.Format) error
	Log    *slog.Logger
	// Watch is told of work that begins at a stage, one of [StageDecode], [StageTransform], [StageStore] and
	// [StageLook], and gives what is told of its end; nil: nobody is.
	Watch func(stage string) (done func(error))
	// FileName gives the name of a file as the store may keep it; nil: as it is.
	FileName func(base string) string
}

// Stages of a pipeline's work: looking for files that came or grew, records to columns, columns to
// verdicts and counts, these into the store.
const (
	StageLook      = "look"
	StageDecode    = "decode"
	StageTransform = "transform"
	StageStore     = "store"
)

// Pipeline runs sources into a store.
type Pipeline struct {
	opts  Options
	idle  chan *worker
	stats Stats
	// before are the files that the store had when the run began.
	before filesRead
	gates  struct {
		mu   sync.Mutex
		free []*anonymize.Gate
		of   map[*anonymize.Gate]int64 // the generation of each that there is
	}
	// accept takes a range and its neighbours over: into the store, or to a scan's caller.
	accept func(ctx context.Context, w *worker, r *pending, neighbours []*pending) error
	// keep has the batches of ranges kept for as long as they may be neighbours.
	keep bool
}

// New makes a pipeline and its workers. Close it.
func New(opts Options) (*Pipeline, error) {
	p := &Pipeline{opts: opts, idle: make(chan *worker, opts.Workers), accept: store}
	for range opts.Workers {
		parts, err := opts.NewParts()
		if err != nil {
			return nil, err
		}
		p.idle <- &worker{Parts: parts, pipeline: p, decoders: map[decode.Format]decode.Message{}}
	}
	p.gates.of = map[*anonymize.Gate]int64{}
	return p, nil
}

// Close releases the gates. No run may be under way.
func (p *Pipeline) Close() {
	for _, g := range p.gates.free {
		g.Release()
	}
	p.gates.free = nil
}

// generation is that of the parts and gates that are made now.
func (p *Pipeline) generation() int64 {
	if p.opts.Generation == nil {
		return 0
	}
	return p.opts.Generation()
}

// lend gives a gate of this generation that nobody uses. It has to be given back empty.
func (p *Pipeline) lend() (*anonymize.Gate, error) {
	p.gates.mu.Lock()
	defer p.gates.mu.Unlock()
	now := p.generation()
	for n := len(p.gates.free); n > 0; n = len(p.gates.free) {
		g := p.gates.free[n-1]
		p.gates.free = p.gates.free[:n-1]
		if p.gates.of[g] == now {
			return g, nil
		}
		delete(p.gates.of, g)
		g.Release()
	}
	g, err := p.opts.NewGate()
	if err == nil {
		p.gates.of[g] = now
	}
	return g, err
}

// renewed gives a gate of this generation for an empty one that was lent.
func (p *Pipeline) renewed(g *anonymize.Gate) (*anonymize.Gate, error) {
	p.gates.mu.Lock()
	current := p.gates.of[g] == p.generation()
	p.gates.mu.Unlock()
	if current {
		return g, nil
	}
	next, err := p.lend()
	if err != nil {
		return g, err
	}
	p.takeBack(g)
	return next, nil
}

// flush takes a gate's batch and notes how much was read.
func (p *Pipeline) flush(g *anonymize.Gate) anonymize.Batch {
	batch := g.Flush()
	p.stats.Read.Add(int64(batch.Counts.In))
	return batch
}

func (p *Pipeline) takeBack(g *anonymize.Gate) {
	p.gates.mu.Lock()
	defer p.gates.mu.Unlock()
	p.gates.free = append(p.gates.free, g)
}

// with lends an idle worker to work, waiting for one.
func (p *Pipeline) with(ctx context.Context, work func(*worker) error) error {
	select {
	case w := <-p.idle:
		defer func() { p.idle <- w }()
		if err := w.renew(); err != nil {
			return err
		}
		return work(w)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin tells who watches that work begins at a stage.
func (p *Pipeline) begin(stage string) (done func(error)) {
	if p.opts.Watch == nil {
		return func(error) {}
	}
	return p.opts.Watch(stage)
}

// identify gives the name under which a source is kept in the store.
func (p *Pipeline) identify(ctx context.Context, source string) (string, error) {
	if p.opts.Identify == nil {
		return source, nil
	}
	return p.opts.Identify(ctx, source)
}

// worker decodes ranges and brings them to the store.
type worker struct {
	Parts
	generation int64 // of the parts
	pipeline   *Pipeline
	decoders   map[decode.Format]decode.Message
	lines      files.LineReader
}

// renew makes the parts anew where they are of an older generation.
func (w *worker) renew() error {
	now := w.pipeline.generation()
	if now == w.generation {
		return nil
	}
	w.generation = now
	parts, err := w.pipeline.opts.NewParts()
	if err != nil {
		return err
	}
	w.Parts = parts
	return nil
}

// message gives the worker's decoder of a format.
func (w *worker) message(f decode.Format) (decode.Message, error) {
	if d, ok := w.decoders[f]; ok {
		return d, nil
	}
	d, err := newMessage(f)
	if err != nil {
		return nil, err
	}
	w.decoders[f] = d
	return d, nil
}

func newMessage(f decode.Format) (decode.Message, error) {
	return decode.NewMessage(f, decode.WithInspect(InspectPayloads()))
}

// span is a range of a partition of a source.
type span struct {
	source    string
	partition int32
	position.Range
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

// store transforms the batch of a range and writes it.
func store(ctx context.Context, w *worker, r *pending, neighbours []*pending) error {
	ctx, cancel := draining(ctx)
	defer cancel()
	in := r.batch
	batch := load.Batch{
		Source: r.source, Partition: r.partition, First: r.First, Next: r.Next, Window: r.window, Clock: in.Clock,
		Pack: w.Pack, Lists: w.Lists, KeyID: w.KeyID,
		Counts: load.Counts{
			In: uint64(in.Counts.In), Rejected: uint64(in.Counts.Rejected), Skipped: uint64(in.Counts.Skipped),
		},
		Simulated: in.Counts.Simulated > 0,
	}
	if in.Counts.Flows+in.Counts.DNS > 0 {
		batch.FirstEvent, batch.LastEvent = time.UnixMilli(in.Counts.MinTime), time.UnixMilli(in.Counts.MaxTime)
		w.pipeline.stats.sawTimes(in.Counts.MinTime, in.Counts.MaxTime)
	}
	done := w.pipeline.begin(StageTransform)
	tables, counts, err := w.transform(ctx, r, neighbours)
	done(err)
	if in.Rejects != nil {
		in.Rejects.Retain()
		tables = append(tables, usage.Table{Name: schemas.TableRejects, Record: in.Rejects})
	}
	defer tables.Release()
	if err != nil {
		return fmt.Errorf("batch %s[%d] %d to %d: %w", r.source, r.partition, r.First, r.Next, err)
	}
	batch.Counts.Stored, batch.Counts.Folded = uint64(counts.Stored), uint64(counts.Folded)
	for _, t := range tables {
		batch.Tables = append(batch.Tables, load.TableBatch{Name: t.Name, Record: t.Record})
	}
	if err := r.begun.once(ctx); err != nil {
		return err
	}
	done = w.pipeline.begin(StageStore)
	err = w.pipeline.opts.Store.Write(ctx, batch)
	done(err)
	if err != nil {
		return err
	}
	w.pipeline.stats.add(batch.Counts, in.Counts.Paired)
	w.pipeline.stats.Unpaired.Add(in.Counts.Unpaired)
	w.pipeline.stats.addReasons(in.Rejects)
	return w.pipeline.tooMany()
}

// transform classifies the flows of a range and folds the results.
func (w *worker) transform(ctx context.Context, r *pending, neighbours []*pending) (usage.Tables, usage.Counts, error) {
	if r.batch.Flows == nil {
		return w.Folder.Fold(ctx, nil, r.batch.DNS, w.Pack)
	}
	rec, err := w.classify(ctx, r, neighbours)
	if err != nil {
		return nil, usage.Counts{}, err
	}
	defer rec.Release()
	return w.Folder.Fold(ctx, rec, r.batch.DNS, w.Pack)
}

// classify looks at the neighbours of the flows of a range and runs the stages over them.
func (w *worker) classify(ctx context.Context, r *pending, neighbours []*pending) (arrow.Record, error) {
	rec := r.batch.Flows
	rec.Retain()
	defer func() { rec.Release() }()
	if w.Context != nil {
		var others []*flowcontext.Sightings
		for _, o := range neighbours {
			others = append(others, o.seen)
		}
		next, err := w.Context.Apply(ctx, rec, r.seen, others)
		if err != nil {
			return nil, err
		}
		rec.Release()
		rec = next
	}
	return inBatches(rec, w.pipeline.opts.BatchRecords, func(part arrow.Record) (arrow.Record, error) { return w.stages(ctx, part) })
}

// stages runs the stages over a batch.
func (w *worker) stages(ctx context.Context, rec arrow.Record) (arrow.Record, error) {
	rec.Retain()
	for _, stage := range w.Stages {
		next, err := stage.Apply(ctx, rec)
		rec.Release()
		if err != nil {
			return nil, err
		}
		rec = next
	}
	return rec, nil
}
