package pipeline

import (
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
func (k *walk) canonical(src *files.Source) error {
	seekable, err := src.Seekable()
	if err != nil {
		return err
	}
	batches, err := decode.Canonical(src.Format, seekable, memory.DefaultAllocator)
	if err != nil {
		return fmt.Errorf("source %s: %w", src.Path, err)
	}
	defer batches.Release()
	var first int64
	for batches.Next() {
		rec := batches.Record()
		if err := k.rows(rec, first); err != nil {
			return err
		}
		first += rec.NumRows()
	}
	if err := batches.Err(); err != nil {
		return fmt.Errorf("source %s: %w", src.Path, err)
	}
	return nil
}

// rows takes the rows of rec, which begins at position first, in ranges.
func (k *walk) rows(rec arrow.Record, first int64) error {
	last := first + rec.NumRows()
	for from, to := first, int64(0); from < last; from = to {
		length, _ := k.plan(from)
		to = min(from+length, last)
		part := rec.NewSlice(from-first, to-first)
		batch, err := canonicalBatch(part)
		if err != nil {
			part.Release()
			return err
		}
		if err := k.hand(from, to, batch); err != nil {
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
