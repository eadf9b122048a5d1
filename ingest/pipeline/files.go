package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/readahead"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/plan"
	"github.com/banshift/banshift/ingest/record"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

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
	// begun is written down before the first range is; nil: nothing is.
	begun *begunNote
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
	before, err := p.readBefore(ctx, src)
	if err != nil {
		return err
	}
	if before != nil && before.Whole {
		src.ID = before.Source
	}
	first := src.ID
	src.CountInto(&p.stats.Bytes)
	if o.Opened != nil {
		if err := o.Opened(src); err != nil {
			return err
		}
	}
	if src.ID != first { // a later reading of a file has a name of its own
		before = nil
	} else {
		if before.grown() {
			src.ID = before.Source
		}
		unlock, err := p.asFollowed(ctx, src, o)
		if err != nil {
			return err
		}
		defer unlock()
	}
	complete, err := p.opts.Store.Known(ctx, src.ID, load.PartitionComplete)
	if err != nil {
		return err
	}
	if complete.Done.Covers(position.Range{First: 0, Next: 1}) && !before.grown() {
		p.stats.Known.Add(1)
		p.opts.Log.Info("file is in the store already, left out", "file", file.Path, "source", src.ID)
		return nil
	}
	if err := p.opts.Store.Lease(ctx, src.ID, 0); err != nil {
		return err
	}
	p.stats.Sources.Add(1)
	err = p.toItsEnd(ctx, file, src, before, o)
	if errors.Is(err, load.ErrLease) {
		p.leaveToOther(src.Path)
		return nil
	}
	return err
}

// toItsEnd reads a file, and notes that it was read to its end or where that is damaged.
func (p *Pipeline) toItsEnd(ctx context.Context, file files.File, src *files.Source, before *before, o FileOptions) error {
	all, err := p.stretches(ctx, src, before)
	if err != nil {
		return err
	}
	last := all[len(all)-1]
	if decode.LineBased(src.Format) {
		last.at.First = 0
	} else if err := p.earlier(ctx, file, src, all[:len(all)-1], o); err != nil {
		return err
	}
	plan, err := p.plan(ctx, src, last.at, before)
	if err != nil {
		return err
	}
	if o.begun, err = p.noteOfBegun(src); err != nil {
		return err
	}
	readErr := p.read(ctx, src, plan, last, o)
	if upTo := readUpTo(readErr); upTo > 0 {
		if err := p.noteContents(ctx, src, last.at.First, upTo); err != nil {
			return err
		}
	}
	if readErr != nil {
		return p.cut(ctx, src, readErr)
	}
	return p.opts.Store.Write(ctx, load.Batch{Source: src.ID, Partition: load.PartitionComplete, First: 0, Next: 1})
}

// earlier reads again of the stretches that were read before what the store does not have any more.
func (p *Pipeline) earlier(ctx context.Context, file files.File, src *files.Source, all []stretch, o FileOptions) error {
	for _, s := range all {
		known, err := p.opts.Store.Known(ctx, src.ID, 0)
		if err != nil {
			return err
		}
		if len(known.All().Holes(s.at)) == 0 && len(known.Intended) == 0 {
			continue
		}
		part, err := files.Open(ctx, file, src.Format, nil)
		if err != nil {
			return &unreadableError{err}
		}
		defer part.Close()
		part.ID = src.ID
		part.Limit(s.to)
		plan, err := p.plan(ctx, part, s.at, nil)
		if err != nil {
			return err
		}
		if err := p.read(ctx, part, plan, s, o); err != nil {
			if readUpTo(err) == 0 {
				return err
			}
		}
	}
	return nil
}

// readUpTo is the byte up to which a file was read; 0: that is not known. Where it was cut in
// the middle of a record of which nothing was made, that is read once it is there.
func readUpTo(err error) int64 {
	var cut *decode.CutError
	var left interface{ Left() int64 }
	switch {
	case err == nil, errors.As(err, &cut):
		return math.MaxInt64
	case errors.As(err, &left):
		return left.Left()
	}
	return 0
}

// noteOfBegun is the note of what a file is whose reading begins: it may be ended, and the file grow. nil: what
// it holds is known only when it was read.
func (p *Pipeline) noteOfBegun(src *files.Source) (*begunNote, error) {
	if src.Compressed || slices.Contains(selfNamed, src.Format) || !strings.HasPrefix(src.ID, "file:") {
		return nil, nil
	}
	content, ok, err := src.Content(math.MaxInt64)
	if err != nil {
		return nil, &unreadableError{err}
	}
	if !ok || content.Bytes == 0 {
		return nil, nil
	}
	note := load.Reached{Bytes: content.Bytes, Digest: content.Digest}.BegunBatch(src.ID)
	return &begunNote{write: func(ctx context.Context) error { return p.opts.Store.Write(ctx, note) }}, nil
}

// begunNote is written once. The methods of nil do nothing.
type begunNote struct {
	write   func(context.Context) error
	mu      sync.Mutex
	written bool
}

// once writes the note where that was not done.
func (n *begunNote) once(ctx context.Context) error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.written {
		return nil
	}
	err := n.write(ctx)
	n.written = err == nil
	return err
}

// noteContents notes what was read of a file up to a byte, of which the latest records begin at a position.
func (p *Pipeline) noteContents(ctx context.Context, src *files.Source, first, upTo int64) error {
	content, ok, err := src.Content(upTo)
	if err != nil {
		return &unreadableError{err}
	}
	if !ok || !strings.HasPrefix(src.ID, "file:") {
		return nil
	}
	known, err := p.opts.Store.Known(ctx, src.ID, 0)
	if err != nil {
		return err
	}
	note := load.Reached{Bytes: content.Bytes, Digest: content.Digest, Next: first}
	if n := len(known.Done); n > 0 {
		note.Next = max(first, known.Done[n-1].Next)
	}
	return p.opts.Store.Write(ctx, note.Batch(src.ID))
}

// leaveToOther notes that another program reads a source on.
func (p *Pipeline) leaveToOther(name string) {
	p.stats.Taken.Add(1)
	p.opts.Log.Warn("another program has begun to read this into the same store: left to it", "source", name)
}

// plan plans what the store does not have of a file, among some positions. before is what was read of it under
// another identity.
func (p *Pipeline) plan(ctx context.Context, src *files.Source, among position.Range, before *before) (*plan.Plan, error) {
	store := p.opts.Store
	known, err := store.Known(ctx, src.ID, 0)
	if err != nil {
		return nil, err
	}
	block := p.opts.BlockRecords
	if decode.LineBased(src.Format) {
		block = p.opts.BlockBytes
		if before != nil && before.Source != src.ID {
			known.Done = known.Done.Add(position.Range{Next: before.bytes()})
		}
	}
	plan := plan.New(known, among, int64(block))
	return plan, plan.CutAsBefore(func(in position.Range) ([]int64, error) { return store.Borders(ctx, src.ID, 0, in) })
}

// read carries a stretch of a file's records into the store, by the way that its format is read.
func (p *Pipeline) read(ctx context.Context, src *files.Source, plan *plan.Plan, of stretch, o FileOptions) error {
	walk := p.walk(ctx, src.ID, 0, plan, cap(p.idle))
	defer walk.close()
	walk.begun = o.begun
	var err error
	switch {
	case decode.LineBased(src.Format) && src.Plain():
		err = src.Pieces(walk.ctx, walk.size, func(piece files.Piece) error {
			return walk.take(piece.Range, func(w *worker) (anonymize.Batch, error) {
				return w.piece(src, piece, of, plan.Clock(piece.First))
			})
		})
	case decode.LineBased(src.Format):
		err = walk.streamOfLines(src, of)
	default:
		err = walk.stream(src, of, o)
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
		gate.Begin(src.ID, load.PartitionComplete)
		gate.Reject("rest of the file unreadable", nil, src.Consumed())
		batch := gate.Flush()
		defer batch.Release()
		return p.accept(ctx, w, &pending{span: span{src.ID, load.PartitionComplete, position.Range{First: 1, Next: 2}}, batch: batch}, nil)
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
func (w *worker) piece(src *files.Source, piece files.Piece, of stretch, clock int64) (anonymize.Batch, error) {
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
	err = w.lines.EachLine(piece, func(line []byte, position int64) {
		line, position = of.whole(line, position)
		decoder.Decode(line, position, gate)
	})
	batch := w.pipeline.flush(gate)
	if err != nil {
		batch.Release()
		return anonymize.Batch{}, &unreadableError{err}
	}
	return batch, nil
}

// streamOfLines decodes lines that must be read from their beginning: compressed, or from
// standard input.
func (k *walk) streamOfLines(src *files.Source, of stretch) error {
	decoder, err := newMessage(src.Format)
	if err != nil {
		return err
	}
	return k.collect(func(c *collector) error {
		return src.EachRange(k.ctx, c.begin, k.pipeline.opts.FlushAfter, &lineSink{c, decoder, of})
	})
}

// lineSink decodes the lines of a stream. It implements [files.Lines].
type lineSink struct {
	*collector
	decoder decode.Message
	of      stretch
}

func (s *lineSink) Line(line []byte, position int64) {
	if !s.passing {
		line, position = s.of.whole(line, position)
		s.decoder.Decode(line, position, s.gate)
	}
}

func (s *lineSink) End(first, next int64) error { return s.collector.end(first, next) }

func (s *lineSink) Pause() { s.flush() }

// stream decodes a source that must be read from its beginning. Its ranges are
// ordinals of records: the same bytes give the same records in the same order.
func (k *walk) stream(src *files.Source, of stretch, o FileOptions) error {
	decoder, err := streamDecoder(k.ctx, src, o)
	if err != nil {
		return err
	}
	return k.collect(func(c *collector) error {
		sink := &recordSink{collector: c, of: of}
		sink.begin(of.at.First)
		if src.Live() && k.pipeline.opts.FlushAfter > 0 {
			defer sink.impatient(k.pipeline.opts.FlushAfter)()
		}
		input, stop, err := ahead(src)
		if err != nil {
			return err
		}
		defer stop()
		err = decoder.Decode(k.ctx, input, sink)
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

// ahead reads a capture, and decompresses it, while what was read before is decoded. A live source may have nothing
// more for long, which would keep its end waiting; other decoders ask the source where they are in it.
func ahead(src *files.Source) (io.Reader, func() error, error) {
	if src.Live() || src.Format != decode.Pcap {
		return src, func() error { return nil }, nil
	}
	r, err := readahead.NewReaderSize(src, 4, 256<<10)
	if err != nil {
		return nil, nil, err
	}
	return r, r.Close, nil
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
	of                   stretch    // records of others do not count
	mu                   sync.Mutex // of the range at work: time may end it while records come
	first, next, planned int64
}

var _ record.Sink = (*recordSink)(nil)

func (s *recordSink) Flow(f *record.Flow, position int64) {
	s.record(position-f.Since, func() { s.gate.Flow(f, position) })
}

func (s *recordSink) DNS(d *record.DNS, position int64) {
	s.record(position-d.Since, func() { s.gate.DNS(d, position) })
}

func (s *recordSink) Reject(reason string, raw []byte, position int64) {
	s.record(position, func() { s.gate.Reject(reason, raw, position) })
}

func (s *recordSink) Skip(reason string, position int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.passing && s.of.has(position) {
		s.gate.Skip(reason, position)
	}
}

// record has the gate take a record that began at a byte of the stretch, and ends the range where it is the last one.
func (s *recordSink) record(began int64, take func()) {
	if !s.of.has(began) {
		return
	}
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
