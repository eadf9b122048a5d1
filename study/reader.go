package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/load"
)

// Reader answers named queries about a store; *load.Store is one. A reader of the store
// needs no right to write. Its methods are called concurrently.
type Reader interface {
	// Daily gives the days of the named query daily_series, by country and day.
	Daily(ctx context.Context, params map[string]string) ([]load.Day, error)
	// Query writes the rows of a named query.
	Query(ctx context.Context, name string, params map[string]string, w io.Writer, f load.Format) error
}

// ErrEmpty says what to do about a store without telemetry.
var ErrEmpty = errors.New("the store holds no telemetry; load some with 'banshift run', or give --series FILE")

// reading asks each question once in one study, and notes which were asked. One goroutine owns it; it asks ahead in others.
type reading struct {
	Reader
	asked map[string]bool

	mu      sync.Mutex
	answers map[string]*answer
}

// answer is what a question gave, once done is closed.
type answer struct {
	done chan struct{}
	days []load.Day // of daily_series
	text []byte     // of others, as JSON
	err  error
}

// namedQuery is a query of the store with its parameters.
type namedQuery struct {
	name   string
	params map[string]string
}

const daily = "daily_series"

func newReading(r Reader) *reading {
	return &reading{Reader: r, answers: map[string]*answer{}, asked: map[string]bool{}}
}

// counter is a store that brings its counts up to date before it answers.
type counter interface {
	Counted(ctx context.Context) (load.Answers, error)
}

// countOnce has a store that counts before each answer do so now, and not again.
func (r *reading) countOnce(ctx context.Context) error {
	store, counts := r.Reader.(counter)
	if !counts {
		return nil
	}
	answers, err := store.Counted(ctx)
	r.Reader = answers
	return err
}

// atOnce is how many questions are asked ahead at a time.
const atOnce = 2

// ahead asks questions that a study will ask later, in their order, while it computes. What it gives ends that.
func (r *reading) ahead(ctx context.Context, list []namedQuery) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var group errgroup.Group
	group.SetLimit(atOnce)
	var started sync.WaitGroup
	started.Go(func() {
		for _, q := range list {
			group.Go(func() error {
				if ctx.Err() == nil {
					r.answer(ctx, q)
				}
				return nil
			})
		}
	})
	return func() {
		cancel()
		started.Wait()
		group.Wait() //nolint:errcheck // whoever asks gets the error
	}
}

// answer asks a question, or waits for the answer where it was asked before.
func (r *reading) answer(ctx context.Context, q namedQuery) *answer {
	key := q.name + fmt.Sprint(q.params) // fmt sorts the keys of maps
	r.mu.Lock()
	a, known := r.answers[key]
	if !known {
		a = &answer{done: make(chan struct{})}
		r.answers[key] = a
	}
	r.mu.Unlock()
	if known {
		<-a.done
		return a
	}
	defer close(a.done)
	if q.name == daily {
		a.days, a.err = r.Reader.Daily(ctx, q.params)
		return a
	}
	var text bytes.Buffer
	a.err = r.Query(ctx, q.name, q.params, &text, load.JSON)
	a.text = text.Bytes()
	return a
}

// queries lists the named queries that were asked, by name.
func (r *reading) queries() []string { return slices.Sorted(maps.Keys(r.asked)) }

// Daily gives the rows of daily_series; the caller owns them.
func (r *reading) Daily(ctx context.Context, params map[string]string) ([]load.Day, error) {
	r.asked[daily] = true
	a := r.answer(ctx, namedQuery{daily, params})
	return slices.Clone(a.days), a.err
}

// rows runs a named query and decodes its rows.
func rows[Row any](ctx context.Context, r *reading, name string, params map[string]string) ([]Row, error) {
	r.asked[name] = true
	a := r.answer(ctx, namedQuery{name, params})
	if a.err != nil {
		return nil, a.err
	}
	var list []Row
	if err := json.Unmarshal(a.text, &list); err != nil {
		return nil, fmt.Errorf("query %s: %w", name, err)
	}
	return list, nil
}

// dayOf reads a day as the engine writes it.
func dayOf(text string) time.Time {
	day, _ := time.Parse(time.DateOnly, text)
	return day
}

// AskedNames gives how often each registered domain was asked for in the named query
// name_resolutions.
func AskedNames(ctx context.Context, r Reader, params map[string]string) (map[string]uint64, error) {
	list, err := rows[struct {
		Name    string
		Queries uint64
	}](ctx, newReading(r), "name_resolutions", params)
	asked := map[string]uint64{}
	for _, row := range list {
		asked[row.Name] += row.Queries
	}
	return asked, err
}
