package pipeline

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/schemas"
)

// canonical reads Parquet or Arrow in the canonical schema: its clients are
// pseudonyms already, so that it goes round the gate. Ranges are ordinals of rows.
func (w *worker) canonical(ctx context.Context, src *files.Source, known ranges) error {
	seekable, err := src.Seekable()
	if err != nil {
		return &unreadableError{err}
	}
	batches, err := decode.Canonical(src.Format, seekable, memory.DefaultAllocator)
	if err != nil {
		return &unreadableError{fmt.Errorf("source %s: %w", src.Path, err)}
	}
	defer batches.Release()
	n := w.pipeline.neighbourhood(int64(w.pipeline.opts.BlockRecords))
	defer n.close()
	var first int64
	for batches.Next() {
		rec := batches.Record()
		if err := w.rows(ctx, n, src.ID, rec, first, known); err != nil {
			return err
		}
		first += rec.NumRows()
	}
	n.horizon()
	if err := n.advance(ctx, w); err != nil {
		return err
	}
	if err := batches.Err(); err != nil {
		return &unreadableError{fmt.Errorf("source %s: %w", src.Path, err)}
	}
	return nil
}

// rows delivers the rows of rec, which begins at position first, in ranges.
func (w *worker) rows(ctx context.Context, n *neighbourhood, source string, rec arrow.Record, first int64, known ranges) error {
	last := first + rec.NumRows()
	for from, to := first, int64(0); from < last; from = to {
		length, _ := known.plan(from, toBorder(from, n.block))
		to = min(from+length, last)
		part := rec.NewSlice(from-first, to-first)
		batch, err := canonicalBatch(part)
		if err != nil {
			part.Release()
			return err
		}
		if err := w.deliver(ctx, n, known.held(span{source, 0, from, to}, n.block), batch); err != nil {
			return err
		}
	}
	return nil
}

// canonicalBatch takes rec over.
func canonicalBatch(rec arrow.Record) (anonymize.Batch, error) {
	if rec.NumCols() >= schemas.NumFlowColumns {
		flows, err := schemas.FlowsOf(rec)
		if err != nil {
			return anonymize.Batch{}, err
		}
		batch := anonymize.Batch{Flows: rec}
		for i, n := range flows.Records {
			batch.Counts.Flows += int64(n)
			batch.Counts.SawTime(int64(flows.Start[i]))
		}
		batch.Counts.In = batch.Counts.Flows
		return batch, nil
	}
	dns, err := schemas.DNSOf(rec)
	if err != nil {
		return anonymize.Batch{}, err
	}
	batch := anonymize.Batch{DNS: rec}
	batch.Counts.In, batch.Counts.DNS = rec.NumRows(), rec.NumRows()
	for _, at := range dns.Time {
		batch.Counts.SawTime(int64(at))
	}
	return batch, nil
}
