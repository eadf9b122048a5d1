package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// completePartition is where the ledger notes that a file was read to its end.
const completePartition = -1

// FileOptions say how files are read.
type FileOptions struct {
	Format decode.Format // empty: recognise
	Stdin  io.Reader
	// Opened is told of every source before it is read; nil: nobody is.
	// An error ends the reading of that source.
	Opened func(*files.Source) error
	// Packets gives the decoder of pcap and pcapng.
	Packets func() decode.Stream

	siblings siblings
	// lock waits until nobody in this program reads a log of an identity that it follows,
	// and gives what ends that; nil: it follows none of that identity.
	lock func(id string) (unlock func())
}

// Files runs files into the store, several at a time. A file that cannot be read to
// its end does not stop the others: what could be read is stored, the rest counts as
// one reject, and the error of a file that was named explicitly is returned at the end.
func (p *Pipeline) Files(ctx context.Context, list []files.File, o FileOptions) error {
	if o.Format == "" {
		o.siblings = siblingsAmong(list)
	}
	first, twins := withTwins(list)
	broken, err := p.several(ctx, first, o)
	if err != nil {
		return err
	}
	p.before.forget() // the twins may be of what was just read
	more, err := p.several(ctx, twins, o)
	if err != nil {
		return err
	}
	return errors.Join(append(broken, more...)...)
}

// several reads files at the same time, and gives what is wrong with some of them.
func (p *Pipeline) several(ctx context.Context, list []files.File, o FileOptions) (broken []error, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(p.idle))
	var mu sync.Mutex
	for _, file := range list {
		group.Go(func() error {
			err := p.file(ctx, file, o)
			var unreadable *unreadableError
			var refused *refusedError
			isUnreadable := errors.As(err, &unreadable)
			isRefused := errors.As(err, &refused) && !isUnreadable
			if err == nil || !isUnreadable && !isRefused {
				return err
			}
			if file.Explicit || isRefused {
				mu.Lock()
				defer mu.Unlock()
				broken = append(broken, err)
				return nil
			}
			p.leave(file, err)
			return nil
		})
	}
	return broken, group.Wait()
}

// leave logs what is wrong with a file that was found in a directory.
func (p *Pipeline) leave(file files.File, err error) {
	if errors.Is(err, files.ErrUnrecognised) {
		p.stats.Unrecognised.Add(1)
	}
	p.opts.Log.Warn("file left", "file", file.Path, "why", err)
}

// file reads one file. What is wrong with the file itself is an [unreadableError].
func (p *Pipeline) file(ctx context.Context, file files.File, o FileOptions) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	src, err := files.Open(ctx, file, o.Format, o.Stdin)
	if err != nil {
		return &unreadableError{err}
	}
	defer src.Close()
	if src.Live() {
		return p.live(ctx, src, o)
	}
	err = p.source(ctx, file, src, o)
	var refused *refusedError
	if errors.As(err, &refused) && slices.Contains(selfNamed, src.Format) {
		return &unreadableError{err}
	}
	return err
}

// selfNamed are formats that a file says of itself: where nothing in it can be read, it is
// damaged, and not taken for another.
var selfNamed = []decode.Format{decode.Parquet, decode.Arrow}

// live reads what cannot be read again. A stop ends it as its own end does: what has come
// is stored.
func (p *Pipeline) live(ctx context.Context, src *files.Source, o FileOptions) error {
	longer, cancel := draining(ctx)
	defer cancel()
	err := p.source(longer, files.File{Path: src.Path}, src, o)
	if ctx.Err() == nil || longer.Err() != nil {
		return err
	}
	var unreadable *unreadableError
	if err != nil && !errors.As(err, &unreadable) {
		return err
	}
	p.opts.Log.Info("stopped on request; what had come is stored", "source", src.Path)
	return nil
}

// source reads an opened file, unless the store has it.
func (p *Pipeline) source(ctx context.Context, file files.File, src *files.Source, o FileOptions) error {
	var err error
	if src.ID, err = p.identify(ctx, src.ID); err != nil {
		return err
	}
	first := src.ID
	if o.Opened != nil {
		if err := o.Opened(src); err != nil {
			return err
		}
	}
	again := src.ID != first // a later reading of a file has a name of its own
	if !again {
		unlock, err := p.asFollowed(ctx, src, o)
		if err != nil {
			return err
		}
		defer unlock()
		if err := p.renamed(ctx, src); err != nil {
			return err
		}
	}
	complete, err := p.opts.Store.Known(ctx, src.ID, completePartition)
	if err != nil {
		return err
	}
	if complete.Done.Covers(position.Range{First: 0, Next: 1}) {
		p.stats.Known.Add(1)
		p.opts.Log.Info("file is in the store already, left out", "file", file.Path, "source", src.ID)
		return nil
	}
	plan, err := p.take(ctx, src, again)
	if err != nil {
		return err
	}
	p.stats.Sources.Add(1)
	err = p.toItsEnd(ctx, src, plan, o)
	if errors.Is(err, load.ErrLease) {
		p.leaveToOther(src.Path)
		return nil
	}
	return err
}

// toItsEnd reads a file, and notes that it was read to its end or where that is damaged.
func (p *Pipeline) toItsEnd(ctx context.Context, src *files.Source, plan *plan.Plan, o FileOptions) error {
	if err := p.read(ctx, src, plan, o); err != nil {
		return p.cut(ctx, src, err)
	}
	return p.opts.Store.Write(ctx, load.Batch{Source: src.ID, Partition: completePartition, First: 0, Next: 1})
}

// leaveToOther notes that another program reads a source on.
func (p *Pipeline) leaveToOther(name string) {
	p.stats.Taken.Add(1)
	p.opts.Log.Warn("another program has begun to read this into the same store: left to it", "source", name)
}

// take takes over the writing of a file, and plans what the store does not have of it. again:
// it was read before, under another name.
func (p *Pipeline) take(ctx context.Context, src *files.Source, again bool) (*plan.Plan, error) {
	store := p.opts.Store
	if err := store.Lease(ctx, src.ID, 0); err != nil {
		return nil, err
	}
	known, err := store.Known(ctx, src.ID, 0)
	if err != nil {
		return nil, err
	}
	if !again {
		before, err := p.readTo(ctx, src)
		if err != nil {
			return nil, err
		}
		known.Done = known.Done.Add(position.Range{Next: before})
	}
	block := p.opts.BlockRecords
	if decode.LineBased(src.Format) {
		block = p.opts.BlockBytes
	}
	plan := plan.New(known, position.Range{Next: position.Endless}, int64(block))
	return plan, plan.CutAsBefore(func(in position.Range) ([]int64, error) { return store.Borders(ctx, src.ID, 0, in) })
}

// read carries a file's records into the store, by the way that its format is read.
func (p *Pipeline) read(ctx context.Context, src *files.Source, plan *plan.Plan, o FileOptions) error {
	walk := p.walk(ctx, src.ID, 0, plan, cap(p.idle))
	defer walk.close()
	var err error
	switch {
	case decode.LineBased(src.Format) && src.Plain():
		err = src.Pieces(walk.ctx, walk.size, func(piece files.Piece) error {
			return walk.take(piece.Range, func(w *worker) (anonymize.Batch, error) {
				return w.piece(src, piece, plan.Clock(piece.First))
			})
		})
	case decode.LineBased(src.Format):
		err = walk.streamOfLines(src)
	default:
		err = walk.stream(src, o)
	}
	if workErr := walk.end(ctx); workErr != nil {
		return workErr
	}
	if err != nil && ctx.Err() == nil {
		return &unreadableError{err}
	}
	return err
}

// cut notes a file whose rest cannot be read as one reject, unless the run itself failed.
func (p *Pipeline) cut(ctx context.Context, src *files.Source, err error) error {
	var unreadable *unreadableError
	if ctx.Err() != nil || !errors.As(err, &unreadable) {
		return err
	}
	rejectErr := p.with(ctx, func(w *worker) error {
		gate, err := p.lend()
		if err != nil {
			return err
		}
		defer p.takeBack(gate)
		gate.Begin(src.ID, completePartition)
		gate.Reject("rest of the file unreadable", nil, src.Consumed())
		batch := gate.Flush()
		defer batch.Release()
		return p.accept(ctx, w, &pending{span: span{src.ID, completePartition, position.Range{First: 1, Next: 2}}, batch: batch}, nil)
	})
	if rejectErr != nil {
		return rejectErr
	}
	return err
}

// unreadableError says that a source cannot be read, or not to its end.
type unreadableError struct{ error }

func (e *unreadableError) Unwrap() error { return e.error }

// piece decodes the lines of a range.
func (w *worker) piece(src *files.Source, piece files.Piece, clock int64) (anonymize.Batch, error) {
	decoder, err := w.message(src.Format)
	if err != nil {
		return anonymize.Batch{}, err
	}
	gate, err := w.pipeline.lend()
	if err != nil {
		return anonymize.Batch{}, err
	}
	defer w.pipeline.takeBack(gate)
	gate.Begin(src.ID, 0)
	gate.At(clock)
	err = w.lines.EachLine(piece, func(line []byte, position int64) { decoder.Decode(line, position, gate) })
	batch := w.pipeline.flush(gate)
	if err != nil {
		batch.Release()
		return anonymize.Batch{}, &unreadableError{err}
	}
	return batch, nil
}

// streamOfLines decodes lines that must be read from their beginning: compressed, or from
// standard input.
func (k *walk) streamOfLines(src *files.Source) error {
	decoder, err := newMessage(src.Format)
	if err != nil {
		return err
	}
	return k.collect(func(c *collector) error {
		return src.EachRange(k.ctx, c.begin, k.pipeline.opts.FlushAfter, &lineSink{c, decoder})
	})
}

// lineSink decodes the lines of a stream. It implements [files.Lines].
type lineSink struct {
	*collector
	decoder decode.Message
}

func (s *lineSink) Line(line []byte, position int64) {
	if !s.passing {
		s.decoder.Decode(line, position, s.gate)
	}
}

func (s *lineSink) End(first, next int64) error { return s.collector.end(first, next) }

func (s *lineSink) Pause() { s.flush() }

// stream decodes a source that must be read from its beginning. Its ranges are
// ordinals of records: the same bytes give the same records in the same order.
func (k *walk) stream(src *files.Source, o FileOptions) error {
	decoder, err := streamDecoder(k.ctx, src, o)
	if err != nil {
		return err
	}
	return k.collect(func(c *collector) error {
		sink := &recordSink{collector: c}
		sink.begin(0)
		if src.Live() && k.pipeline.opts.FlushAfter > 0 {
			defer sink.impatient(k.pipeline.opts.FlushAfter)()
		}
		err := decoder.Decode(k.ctx, src, sink)
		if cause := context.Cause(k.ctx); cause != nil {
			return cause
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		sink.cut()
		if err != nil {
			return fmt.Errorf("source %s: %w", src.Path, err)
		}
		return nil
	})
}

func streamDecoder(ctx context.Context, src *files.Source, o FileOptions) (decode.Stream, error) {
	switch src.Format {
	case decode.Pcap:
		return o.Packets(), nil
	case decode.Parquet, decode.Arrow:
		return canonicalStream{src}, nil
	}
	return decode.NewStream(src.Format, append(o.siblings.options(ctx, src.Path, src.Format), decode.WithInspect(InspectPayloads()))...)
}

// recordSink counts records and ends a range where the plan says so. Where a worker
// fails, the walk's context ends the decoding.
type recordSink struct {
	*collector
	mu                   sync.Mutex // of the range at work: time may end it while records come
	first, next, planned int64
}

var _ record.Sink = (*recordSink)(nil)

func (s *recordSink) Flow(f *record.Flow, position int64) {
	s.record(func() { s.gate.Flow(f, position) })
}

func (s *recordSink) DNS(d *record.DNS, position int64) {
	s.record(func() { s.gate.DNS(d, position) })
}

func (s *recordSink) Reject(reason string, raw []byte, position int64) {
	s.record(func() { s.gate.Reject(reason, raw, position) })
}

func (s *recordSink) Skip(reason string, position int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.passing {
		s.gate.Skip(reason, position)
	}
}

// record has the gate take a record, and ends the range where it is the last one.
func (s *recordSink) record(take func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.passing {
		take()
	}
	if s.next++; s.next == s.planned {
		s.cut()
	}
}

// begin plans the range that starts at a position.
func (s *recordSink) begin(position int64) {
	length, _ := s.collector.begin(position)
	s.first, s.next, s.planned = position, position, position+length
}

// cut ends the range with the records so far. Its error is the walk's, which ends with it.
func (s *recordSink) cut() {
	if s.first < s.next {
		_ = s.end(s.first, s.next)
	}
	s.begin(s.next)
}

// impatient ends every so often the range at work, until the function that it gives is called.
func (s *recordSink) impatient(after time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(after):
			}
			s.mu.Lock()
			s.cut()
			s.mu.Unlock()
			s.flush()
		}
	}()
	return func() { cancel(); <-done }
}
