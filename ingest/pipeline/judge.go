package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/banshift/banshift/ingest/anonymize"
)

// refusedError says that a source is not what it is read as: nothing of it was stored.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// judge gives an error where no record of a source's first block could be read. What the
// gate refuses (the future, raw clients) says nothing about the format.
func judge(source string, of anonymize.Batch) error {
	counts := of.Counts
	if counts.Unread == 0 || counts.Unread != counts.In {
		return nil
	}
	var why Stats
	why.addReasons(of.Rejects)
	name, _, _ := strings.Cut(strings.TrimPrefix(source, "file:"), "@")
	return &refusedError{fmt.Errorf("source %s: all %d records of its first block were rejected (%s); nothing of it was stored; name its format (--format, or ?format= of a topic), or mend it, and run again",
		name, counts.In, why.Reasons()[0].Reason)}
}

// ErrTooManyRejects ends a run that has rejected more than it may.
var ErrTooManyRejects = errors.New("too many records rejected")

// tooMany is [ErrTooManyRejects] once the limit is passed.
func (p *Pipeline) tooMany() error {
	if n := p.stats.Rejected.Load(); p.opts.RejectLimit != nil && n > *p.opts.RejectLimit {
		return fmt.Errorf("%w: %d", ErrTooManyRejects, n)
	}
	return nil
}
