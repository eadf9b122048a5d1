package serve

import (
	"context"
	"sync"
	"time"
)

// answers keeps what was answered for a moment, and asks once where many ask the same.
type answers struct {
	keep time.Duration
	most int // bytes
	now  func() time.Time

	mu    sync.Mutex
	size  int
	kept  map[string]kept
	asked map[string]*pending // that somebody waits for
}

type kept struct {
	body  []byte
	until time.Time
}

// pending is a question that is asked of the store while anybody waits for its answer.
type pending struct {
	waiting int // visitors
	end     context.CancelFunc
	done    chan struct{} // closed when there is an answer
	body    []byte
	err     error
}

func newAnswers(keep time.Duration, most int) *answers {
	return &answers{keep: keep, most: most, now: time.Now, kept: map[string]kept{}, asked: map[string]*pending{}}
}

// get gives the kept answer of a key, or makes it. An error is not kept. A caller that leaves ends the
// question, unless others wait for it.
func (a *answers) get(ctx context.Context, key string, ask func(context.Context) ([]byte, error)) ([]byte, error) {
	a.mu.Lock()
	if k, ok := a.kept[key]; ok && a.now().Before(k.until) {
		a.mu.Unlock()
		return k.body, nil
	}
	q := a.asked[key]
	if q == nil {
		q = &pending{done: make(chan struct{})}
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
		return nil, ctx.Err()
	}
}

// answer asks, and has the answer for all who wait.
func (a *answers) answer(ctx context.Context, key string, q *pending, ask func(context.Context) ([]byte, error)) {
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
func (a *answers) leave(key string, q *pending) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.waiting--; q.waiting == 0 {
		a.forget(key, q)
		q.end()
	}
}

func (a *answers) forget(key string, q *pending) {
	if a.asked[key] == q {
		delete(a.asked, key)
	}
}

// put keeps an answer; where there is no room, all are forgotten: they are cheap. The lock is the caller's.
func (a *answers) put(key string, body []byte) {
	a.size -= len(a.kept[key].body)
	if a.size+len(body) > a.most {
		a.kept, a.size = map[string]kept{}, 0
	}
	if len(body) > a.most {
		return
	}
	a.size += len(body)
	a.kept[key] = kept{body, a.now().Add(a.keep)}
}
