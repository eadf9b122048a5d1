package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

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
	known, err := p.known(ctx, src.ID, 0)
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
	if decode.LineBased(src.Format) {
		err = p.lines(ctx, src, known)
	} else {
		err = p.with(ctx, func(w *worker) error { return w.stream(ctx, src, known, o) })
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
		w.Gate.Begin(src.ID, completePartition)
		w.Gate.Reject("rest of the file unreadable", nil, src.Consumed())
		return w.deliver(ctx, span{src.ID, completePartition, 1, 2})
	})
	if rejectErr != nil {
		return rejectErr
	}
	return err
}

// unreadableError says that a source cannot be read, or not to its end.
type unreadableError struct{ error }

func (e *unreadableError) Unwrap() error { return e.error }

// lines cuts a file at line ends; workers decode the pieces at the same time.
func (p *Pipeline) lines(ctx context.Context, src *files.Source, known ranges) error {
	pieces, pieceCtx := errgroup.WithContext(ctx)
	pieces.SetLimit(cap(p.idle))
	size := src.PieceBytes(p.opts.BatchRecords, p.opts.BatchBytes)
	plan := func(position int64) (int64, bool) { return known.plan(position, size) }
	err := src.Pieces(pieceCtx, plan, func(piece files.Piece) error {
		if known.finished(piece.First, piece.Next) {
			return nil
		}
		pieces.Go(func() error {
			return p.with(pieceCtx, func(w *worker) error { return w.piece(pieceCtx, src, piece) })
		})
		return pieceCtx.Err()
	})
	if pieceErr := pieces.Wait(); pieceErr != nil {
		return pieceErr
	}
	if err != nil && ctx.Err() == nil {
		return &unreadableError{err}
	}
	return err
}

// piece decodes whole lines as one batch.
func (w *worker) piece(ctx context.Context, src *files.Source, piece files.Piece) error {
	decoder, err := w.message(src.Format)
	if err != nil {
		return err
	}
	w.Gate.Begin(src.ID, 0)
	err = w.lines.EachLine(piece, func(line []byte, position int64) { decoder.Decode(line, position, w.Gate) })
	if err != nil {
		w.Gate.Flush().Release()
		return &unreadableError{err}
	}
	return w.deliver(ctx, span{src.ID, 0, piece.First, piece.Next})
}

// stream decodes a source that must be read from its beginning. Its ranges are
// ordinals of records: the same bytes give the same records in the same order.
func (w *worker) stream(ctx context.Context, src *files.Source, known ranges, o FileOptions) error {
	if src.Format == decode.Parquet || src.Format == decode.Arrow {
		return w.canonical(ctx, src, known)
	}
	decoder, err := streamDecoder(src.Format, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.Gate.Begin(src.ID, 0)
	sink := &batchingSink{worker: w, ctx: ctx, cancel: cancel, source: src.ID, known: known}
	sink.begin(0)
	err = decoder.Decode(ctx, src, sink)
	if cause := context.Cause(ctx); cause != nil {
		w.Gate.Flush().Release()
		return cause
	}
	if flushErr := sink.flush(); flushErr != nil {
		return flushErr
	}
	if err != nil {
		return &unreadableError{fmt.Errorf("source %s: %w", src.Path, err)}
	}
	return nil
}

func streamDecoder(f decode.Format, o FileOptions) (decode.Stream, error) {
	if f == decode.Pcap {
		return o.Packets(), nil
	}
	return decode.NewStream(f, decode.WithInspect(InspectPayloads()))
}

// batchingSink passes records on and delivers a batch whenever it is full.
type batchingSink struct {
	worker           *worker
	ctx              context.Context
	cancel           context.CancelCauseFunc
	source           string
	known            ranges
	first, next, end int64
}

var _ record.Sink = (*batchingSink)(nil)

func (s *batchingSink) Flow(f *record.Flow, position int64) {
	s.worker.Gate.Flow(f, position)
	s.passed()
}

func (s *batchingSink) DNS(d *record.DNS, position int64) {
	s.worker.Gate.DNS(d, position)
	s.passed()
}

func (s *batchingSink) Reject(reason string, raw []byte, position int64) {
	s.worker.Gate.Reject(reason, raw, position)
	s.passed()
}

func (s *batchingSink) Skip(reason string, position int64) { s.worker.Gate.Skip(reason, position) }

// passed counts a record and ends the batch where the plan says so.
func (s *batchingSink) passed() {
	s.next++
	if s.next < s.end {
		return
	}
	if err := s.flush(); err != nil {
		s.cancel(err)
	}
}

// begin plans the batch that starts at a position.
func (s *batchingSink) begin(position int64) {
	length, _ := s.known.plan(position, int64(s.worker.pipeline.opts.BatchRecords))
	s.first, s.next, s.end = position, position, position+length
}

// flush delivers the records since the last batch, unless the ledger has them.
func (s *batchingSink) flush() error {
	at := span{s.source, 0, s.first, s.next}
	batch := s.worker.Gate.Flush()
	s.begin(s.next)
	if at.first == at.next || s.known.finished(at.first, at.next) {
		batch.Release()
		return nil
	}
	if err := context.Cause(s.ctx); err != nil {
		batch.Release()
		return err
	}
	return s.worker.pipeline.accept(s.ctx, s.worker, at, batch)
}
