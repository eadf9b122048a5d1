package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/release/policy"
	"github.com/banshift/banshift/release/suppress"
)

// publicReader answers what others may see: every answer goes through the policy. A question that
// cannot be protected has no rows. It is asked by what makes reports and pages, and there is no
// way past it to the store.
type publicReader struct {
	publisher *publisher
	// only are the questions that are answered; nil: all.
	only map[string]bool

	answers map[string]policy.Released // that were made before
}

func newPublicReader(p *publisher) *publicReader {
	return &publicReader{publisher: p, answers: map[string]policy.Released{}}
}

// kept remembers, before the reader is asked, what was released of a question, so that it is asked again of nothing else.
func (r *publicReader) kept(name string, params map[string]string, released policy.Released) {
	r.answers[name+fmt.Sprint(params)] = released
}

// answer asks a question. What it gives must not be changed. It may be called concurrently.
func (r *publicReader) answer(ctx context.Context, name string, params map[string]string) (policy.Released, error) {
	if a, known := r.answers[name+fmt.Sprint(params)]; known {
		return a, nil
	}
	if r.only != nil && !r.only[name] {
		return r.nothing(ctx, name, params)
	}
	released, err := r.publisher.answer(ctx, name, params)
	if notCounted := (*suppress.NotCountedError)(nil); errors.As(err, &notCounted) {
		return r.nothing(ctx, name, params)
	}
	return released, err
}

// nothing is an answer without rows.
func (r *publicReader) nothing(ctx context.Context, name string, params map[string]string) (policy.Released, error) {
	result, err := r.publisher.store.Result(ctx, name, params)
	if err != nil {
		return policy.Released{}, err
	}
	return policy.Nothing(result), nil
}

// Query writes what may be seen of a named query.
func (r *publicReader) Query(ctx context.Context, name string, params map[string]string, w io.Writer, f load.Format) error {
	a, err := r.answer(ctx, name, params)
	if err != nil {
		return err
	}
	return r.publisher.store.WriteReleased(ctx, a, w, f)
}

// Daily gives what may be seen of daily_series. Sums that are not shown are 0.
func (r *publicReader) Daily(ctx context.Context, params map[string]string) ([]load.Day, error) {
	a, err := r.answer(ctx, "daily_series", params)
	if err != nil {
		return nil, err
	}
	result := a.Result()
	days := make([]load.Day, result.Len)
	for i := range days {
		d := &days[i]
		for _, c := range result.Columns {
			setDay(d, c.Name, c.Values[i])
		}
	}
	return days, nil
}

// setDay sets what a column of daily_series says.
func setDay(d *load.Day, name string, value any) {
	switch v := value.(type) {
	case string:
		d.Country = v
	case time.Time:
		d.Day = v
	case []string:
		*map[string]*[]string{"packs": &d.Packs, "lists": &d.Lists}[name] = v
	case uint8:
		d.Simulated = v == 1
	case uint64:
		*map[string]*uint64{"clients": &d.Clients, "all_clients": &d.AllClients, "flows": &d.Flows, "unanswered": &d.Unanswered, "all_flows": &d.AllFlows}[name] = v
	case float64:
		*map[string]*float64{"expected": &d.Expected, "fraction": &d.Fraction}[name] = v
	}
}
