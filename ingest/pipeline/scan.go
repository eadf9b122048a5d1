package pipeline

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// Scanned is one classified range of a file.
type Scanned struct {
	Path string
	// Batch is as it left the gate; under Reveal it carries both ends of each row.
	Batch anonymize.Batch
	// Neighbours are the batches of the ranges around this one.
	Neighbours []anonymize.Batch
	// Verdicts are the classified flows, row for row those of Batch.Flows; nil where
	// there are none. The receiver may not keep any of the records.
	Verdicts arrow.Record
}

// Scan classifies one file without a store and hands every range on, in order.
func Scan(ctx context.Context, file files.File, opts Options, o FileOptions, each func(Scanned) error) error {
	opts.Store, opts.Workers = unstored{}, 1
	p, err := New(opts)
	if err != nil {
		return err
	}
	defer p.Close()
	p.keep = true
	p.accept = func(ctx context.Context, w *worker, r *pending, neighbours []*pending) error {
		scanned := Scanned{Path: file.Path, Batch: r.batch}
		for _, o := range neighbours {
			scanned.Neighbours = append(scanned.Neighbours, o.batch)
		}
		if r.batch.Flows != nil {
			verdicts, err := w.classify(ctx, r, neighbours)
			if err != nil {
				return err
			}
			defer verdicts.Release()
			scanned.Verdicts = verdicts
		}
		return each(scanned)
	}
	return p.file(ctx, file, o)
}

// unstored is a ledger that knows nothing and keeps nothing. No topic is scanned.
type unstored struct{ Rounds }

func (unstored) Write(context.Context, load.Batch) error { return nil }

func (unstored) Known(context.Context, string, int32) (position.Known, error) {
	return position.Known{}, nil
}

func (unstored) Borders(context.Context, string, int32, position.Range) ([]int64, error) {
	return nil, nil
}

func (unstored) Rejected(context.Context, string, int32) ([]int64, error) { return nil, nil }

func (unstored) FilesRead(context.Context) ([]load.FileRead, error) { return nil, nil }

func (unstored) Lease(context.Context, string, int32) error { return nil }
