package pipeline

import (
	"context"
	"io"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/ingest/record"
)

// canonicalStream reads the rows of Parquet or Arrow as any other stream of records: they
// pass the same gate. It implements [decode.Stream] for the source that it was made with.
type canonicalStream struct{ src *files.Source }

func (s canonicalStream) Decode(ctx context.Context, _ io.Reader, sink record.Sink) error {
	seekable, err := s.src.Seekable()
	if err != nil {
		return err
	}
	return decode.Rows(ctx, s.src.Format, seekable, sink)
}
