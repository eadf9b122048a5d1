package serve

import (
	"context"
	"sync"
	"time"
)

// answers keeps what was answered for a moment, and asks once where many ask the same.
type answers[T any] struct {
	keep   time.Duration
	most   int // bytes
	sizeOf func(T) int
	now    func() time.Time

	mu    sync.Mutex
	size  int
	kept  map[string]kept[T]
	asked map[string]*pending[T] // that somebody waits for
}

type kept[T any] struct {
	body  T
	until time.Time
}

// pending is a question that is asked of the store while anybody waits for its answer.
type pending[T any] struct {
	waiting int // visitors
	end     context.CancelFunc
	done    chan struct{} // closed when there is an answer
	body    T
	err     error
}

func newAnswers[T any](keep time.Duration, most int, sizeOf func(T) int) *answers[T] {
	return &answers[T]{keep: keep, most: most, sizeOf: sizeOf, now: time.Now, kept: map[string]kept[T]{}, asked: map[string]*pending[T]{}}
}

// get gives the kept answer of a key, or makes it. An error is not kept. A caller that leaves ends the
// question, unless others wait for it.
func (a *answers[T]) get(ctx context.Context, key string, ask func(context.Context) (T, error)) (T, error) {
	a.mu.Lock()
	if k, ok := a.kept[key]; ok && a.now().Before(k.until) {
		a.mu.Unlock()
		return k.body, nil
	}
	q := a.asked[key]
	if q == nil {
		q = &pending[T]{done: make(chan struct{})}
		var asking context.Context
		asking, q.end = context.WithCancel(context.WithoutCancel(ctx))
		a.asked[key] = q
		go a.answer(asking, key, q, ask)
	}
	q.waiting++
	a.mu.Unlock()
	select {
	case <-q.done:
		return q.body, q.err
	case <-ctx.Done():
		a.leave(key, q)
		var none T
		return none, ctx.Err()
	}
}

// answer asks, and has the answer for all who wait.
func (a *answers[T]) answer(ctx context.Context, key string, q *pending[T], ask func(context.Context) (T, error)) {
	defer q.end()
	q.body, q.err = ask(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.err == nil {
		a.put(key, q.body)
	}
	a.forget(key, q)
	close(q.done)
}

// leave ends a question that nobody waits for any more; who comes next asks a new one.
func (a *answers[T]) leave(key string, q *pending[T]) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.waiting--; q.waiting == 0 {
		a.forget(key, q)
		q.end()
	}
}

func (a *answers[T]) forget(key string, q *pending[T]) {
	if a.asked[key] == q {
		delete(a.asked, key)
	}
}

// put keeps an answer; where there is no room, all are forgotten: they are cheap. The lock is the caller's.
func (a *answers[T]) put(key string, body T) {
	if old, known := a.kept[key]; known {
		a.size -= a.sizeOf(old.body)
	}
	size := a.sizeOf(body)
	if a.size+size > a.most {
		a.kept, a.size = map[string]kept[T]{}, 0
	}
	if size > a.most {
		return
	}
	a.size += size
	a.kept[key] = kept[T]{body, a.now().Add(a.keep)}
}
