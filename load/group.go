package load

import (
	"context"
	"errors"
)

// groupWriter writes the ledger rows of concurrent callers together: while one write
// is under way, the rows that arrive wait and go with the next one.
type groupWriter struct {
	write func(context.Context, []ledgerRow) error
	in    chan groupRow
	stop  context.CancelFunc
	ended chan struct{}
}

// groupRow is a row and where its outcome goes.
type groupRow struct {
	row ledgerRow
	err chan<- error
}

// longestGroup bounds how many rows are written at once.
const longestGroup = 1024

var errClosed = errors.New("store is closed")

func newGroupWriter(write func(context.Context, []ledgerRow) error) *groupWriter {
	ctx, stop := context.WithCancel(context.Background())
	w := &groupWriter{write: write, in: make(chan groupRow, longestGroup), stop: stop, ended: make(chan struct{})}
	go w.run(ctx)
	return w
}

func (w *groupWriter) run(ctx context.Context) {
	defer close(w.ended)
	for {
		var group []groupRow
		select {
		case <-ctx.Done():
			return
		case first := <-w.in:
			group = append(group, first)
		}
		for waiting := len(w.in); waiting > 0 && len(group) < longestGroup; waiting-- {
			group = append(group, <-w.in)
		}
		rows := make([]ledgerRow, len(group))
		for i, g := range group {
			rows[i] = g.row
		}
		err := w.write(ctx, rows)
		for i, g := range group {
			if len(group) > 1 && errors.Is(err, ErrLease) {
				g.err <- w.write(ctx, rows[i:i+1]) // it may be another's
				continue
			}
			g.err <- err
		}
	}
}

// add returns when row has been written, or ctx is over: then it may be written yet.
func (w *groupWriter) add(ctx context.Context, row ledgerRow) error {
	outcome := make(chan error, 1)
	select {
	case w.in <- groupRow{row, outcome}:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.ended:
		return errClosed
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.ended:
		return errClosed
	}
}

// close ends the writer; what still waits is not written.
func (w *groupWriter) close() {
	w.stop()
	<-w.ended
}
