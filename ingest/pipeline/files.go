package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/load"
)

// completePartition is where the ledger notes that a file was read to its end.
const completePartition = -1

// FileOptions say how files are read.
type FileOptions struct {
	Format decode.Format // empty: recognise
	Stdin  io.Reader
	// Opened is told of every source before it is read; nil: nobody is.
	Opened func(*files.Source)
	// Packets gives the decoder of pcap and pcapng.
	Packets func() decode.Stream
}

// Files runs files into the store, several at a time. A file that cannot be read to
// its end does not stop the others: what could be read is stored, the rest counts as
// one reject, and the error of a file that was named explicitly is returned at the end.
func (p *Pipeline) Files(ctx context.Context, list []files.File, o FileOptions) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(p.idle))
	var mu sync.Mutex
	var broken []error
	for _, file := range list {
		group.Go(func() error {
			err := p.file(ctx, file, o)
			var unreadable *unreadableError
			if err == nil || !errors.As(err, &unreadable) {
				return err
			}
			if file.Explicit {
				mu.Lock()
				defer mu.Unlock()
				broken = append(broken, err)
				return nil
			}
			p.leave(file, err)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return errors.Join(broken...)
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
	src, err := files.Open(file, o.Format, o.Stdin)
	if err != nil {
		return &unreadableError{err}
	}
	defer src.Close()
	if o.Opened != nil {
		o.Opened(src)
	}
	known, err := p.knownFile(ctx, src.ID)
	if err != nil {
		return err
	}
	complete, err := p.known(ctx, src.ID, completePartition)
	if err != nil {
		return err
	}
	if complete.finished(0, 1) {
		p.stats.Known.Add(1)
		p.opts.Log.Info("file is in the store already, left out", "file", file.Path, "source", src.ID)
		return nil
	}
	p.stats.Sources.Add(1)
	switch {
	case !decode.LineBased(src.Format):
		err = p.with(ctx, func(w *worker) error { return w.stream(ctx, src, known, o) })
	case src.Plain():
		err = p.lines(ctx, src, known)
	default:
		err = p.streamOfLines(ctx, src, known)
	}
	if err != nil {
		return p.cut(ctx, src, err)
	}
	return p.opts.Store.Write(ctx, load.Batch{Source: src.ID, Partition: completePartition, First: 0, Next: 1})
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
		n := p.neighbourhood(1)
		defer n.close()
		return w.deliver(ctx, n, &held{span: span{src.ID, completePartition, 1, 2}, store: true}, gate.Flush())
	})
	if rejectErr != nil {
		return rejectErr
	}
	return err
}

// unreadableError says that a source cannot be read, or not to its end.
type unreadableError struct{ error }

func (e *unreadableError) Unwrap() error { return e.error }

// lines cuts a plain file at line ends; workers decode the ranges at the same time.
func (p *Pipeline) lines(ctx context.Context, src *files.Source, known ranges) error {
	n := p.neighbourhood(int64(p.opts.BlockBytes))
	defer n.close()
	work, workCtx := errgroup.WithContext(ctx)
	work.SetLimit(cap(p.idle))
	plan := func(position int64) (int64, bool) { return known.plan(position, toBorder(position, n.block)) }
	err := src.Pieces(workCtx, plan, func(piece files.Piece) error {
		r := known.held(span{src.ID, 0, piece.First, piece.Next}, n.block)
		if !r.store && !known.near(r.first, n.block) {
			n.pass(r.next)
			return nil
		}
		n.announce(r)
		work.Go(func() error {
			return p.with(workCtx, func(w *worker) error { return w.piece(workCtx, n, r, src.Format, piece) })
		})
		return workCtx.Err()
	})
	return p.settle(ctx, n, work, err)
}

// settle waits for the work on the ranges of a file whose reading ended with err, and
// accepts what is left.
func (p *Pipeline) settle(ctx context.Context, n *neighbourhood, work *errgroup.Group, err error) error {
	n.horizon()
	if workErr := work.Wait(); workErr != nil {
		return workErr
	}
	if restErr := p.rest(ctx, n); restErr != nil {
		return restErr
	}
	if err != nil && ctx.Err() == nil {
		return &unreadableError{err}
	}
	return err
}

// rest has all workers accept what is left of a walk.
func (p *Pipeline) rest(ctx context.Context, n *neighbourhood) error {
	work, ctx := errgroup.WithContext(ctx)
	for range cap(p.idle) {
		work.Go(func() error {
			return p.with(ctx, func(w *worker) error { return n.advance(ctx, w) })
		})
	}
	return work.Wait()
}

// piece decodes the lines of a range.
func (w *worker) piece(ctx context.Context, n *neighbourhood, r *held, format decode.Format, piece files.Piece) error {
	decoder, err := w.message(format)
	if err != nil {
		return err
	}
	gate, err := w.pipeline.lend()
	if err != nil {
		return err
	}
	gate.Begin(r.source, 0)
	err = w.lines.EachLine(piece, func(line []byte, position int64) { decoder.Decode(line, position, gate) })
	batch := gate.Flush()
	w.pipeline.takeBack(gate)
	if err != nil {
		batch.Release()
		return &unreadableError{err}
	}
	if err := n.arrive(w, r, batch); err != nil {
		return err
	}
	return n.advance(ctx, w)
}

// streamOfLines decodes lines that must be read from their beginning, compressed or from
// standard input, one range after the other; workers transform and store them meanwhile.
func (p *Pipeline) streamOfLines(ctx context.Context, src *files.Source, known ranges) error {
	n := p.neighbourhood(int64(p.opts.BlockBytes))
	defer n.close()
	decoder, err := newMessage(src.Format)
	if err != nil {
		return err
	}
	gate, err := p.lend()
	if err != nil {
		return err
	}
	work, workCtx := errgroup.WithContext(ctx)
	work.SetLimit(cap(p.idle))
	lines := &lineSink{pipeline: p, ctx: workCtx, work: work, source: src.ID, known: known, neighbours: n, decoder: decoder, gate: gate}
	err = src.EachRange(workCtx, lines.plan, lines)
	gate.Flush().Release()
	p.takeBack(gate)
	return p.settle(ctx, n, work, err)
}

// lineSink decodes the lines of a stream and has workers take over what a range of them
// made. It implements [files.Lines].
type lineSink struct {
	pipeline   *Pipeline
	ctx        context.Context
	work       *errgroup.Group
	source     string
	known      ranges
	neighbours *neighbourhood
	decoder    decode.Message
	gate       *anonymize.Gate
	passing    bool // the range is stored and nothing needs it
}

// plan implements [files.Plan], and begins a range.
func (s *lineSink) plan(position int64) (size int64, exact bool) {
	size, exact = s.known.plan(position, toBorder(position, s.neighbours.block))
	s.passing = exact && s.known.finished(position, position+size) && !s.known.near(position, s.neighbours.block)
	s.gate.Begin(s.source, 0)
	return size, exact
}

func (s *lineSink) Line(line []byte, position int64) {
	if !s.passing {
		s.decoder.Decode(line, position, s.gate)
	}
}

func (s *lineSink) End(first, next int64) error {
	if s.passing {
		s.neighbours.pass(next)
		return nil
	}
	r := s.known.held(span{s.source, 0, first, next}, s.neighbours.block)
	batch := s.gate.Flush()
	s.neighbours.announce(r)
	s.work.Go(func() error {
		arrived := false
		err := s.pipeline.with(s.ctx, func(w *worker) error {
			arrived = true
			if err := s.neighbours.arrive(w, r, batch); err != nil {
				return err
			}
			return s.neighbours.advance(s.ctx, w)
		})
		if !arrived {
			batch.Release()
		}
		return err
	})
	return s.ctx.Err()
}

// stream decodes a source that must be read from its beginning. Its ranges are
// ordinals of records: the same bytes give the same records in the same order.
func (w *worker) stream(ctx context.Context, src *files.Source, known ranges, o FileOptions) error {
	decoder, err := streamDecoder(src, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := w.pipeline.neighbourhood(int64(w.pipeline.opts.BlockRecords))
	defer n.close()
	gate, err := w.pipeline.lend()
	if err != nil {
		return err
	}
	defer w.pipeline.takeBack(gate)
	gate.Begin(src.ID, 0)
	sink := &cuttingSink{worker: w, gate: gate, ctx: ctx, cancel: cancel, source: src.ID, known: known, neighbours: n}
	sink.begin(0)
	err = decoder.Decode(ctx, src, sink)
	if cause := context.Cause(ctx); cause != nil {
		gate.Flush().Release()
		return cause
	}
	if flushErr := sink.flush(); flushErr != nil {
		return flushErr
	}
	n.horizon()
	if restErr := n.advance(ctx, w); restErr != nil {
		return restErr
	}
	if err != nil {
		return &unreadableError{fmt.Errorf("source %s: %w", src.Path, err)}
	}
	return nil
}

func streamDecoder(src *files.Source, o FileOptions) (decode.Stream, error) {
	switch src.Format {
	case decode.Pcap:
		return o.Packets(), nil
	case decode.Parquet, decode.Arrow:
		return canonicalStream{src}, nil
	}
	return decode.NewStream(src.Format, decode.WithInspect(InspectPayloads()))
}

// cuttingSink passes records on and delivers a range wherever it ends.
type cuttingSink struct {
	worker           *worker
	gate             *anonymize.Gate
	ctx              context.Context
	cancel           context.CancelCauseFunc
	source           string
	known            ranges
	neighbours       *neighbourhood
	first, next, end int64
}

var _ record.Sink = (*cuttingSink)(nil)

func (s *cuttingSink) Flow(f *record.Flow, position int64) {
	s.gate.Flow(f, position)
	s.passed()
}

func (s *cuttingSink) DNS(d *record.DNS, position int64) {
	s.gate.DNS(d, position)
	s.passed()
}

func (s *cuttingSink) Reject(reason string, raw []byte, position int64) {
	s.gate.Reject(reason, raw, position)
	s.passed()
}

func (s *cuttingSink) Skip(reason string, position int64) { s.gate.Skip(reason, position) }

// passed counts a record and ends the range where the plan says so.
func (s *cuttingSink) passed() {
	s.next++
	if s.next < s.end {
		return
	}
	if err := s.flush(); err != nil {
		s.cancel(err)
	}
}

// begin plans the range that starts at a position.
func (s *cuttingSink) begin(position int64) {
	length, _ := s.known.plan(position, toBorder(position, s.neighbours.block))
	s.first, s.next, s.end = position, position, position+length
}

// flush delivers the records since the last range.
func (s *cuttingSink) flush() error {
	at := span{s.source, 0, s.first, s.next}
	batch := s.gate.Flush()
	s.begin(s.next)
	if at.first == at.next {
		batch.Release()
		return nil
	}
	return s.worker.deliver(s.ctx, s.neighbours, s.known.held(at, s.neighbours.block), batch)
}
