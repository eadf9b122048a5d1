package serve

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// answers keeps what was answered for a moment, and asks once where many ask the same.
type answers struct {
	keep time.Duration
	most int // bytes
	now  func() time.Time
	once singleflight.Group

	mu   sync.Mutex
	size int
	kept map[string]kept
}

type kept struct {
	body  []byte
	until time.Time
}

func newAnswers(keep time.Duration, most int) *answers {
	return &answers{keep: keep, most: most, now: time.Now, kept: map[string]kept{}}
}

// get gives the kept answer of a key, or makes it. An error is not kept. A caller that
// leaves does not end the question for the others.
func (a *answers) get(ctx context.Context, key string, ask func(context.Context) ([]byte, error)) ([]byte, error) {
	if body, ok := a.look(key); ok {
		return body, nil
	}
	result := a.once.DoChan(key, func() (any, error) {
		if body, ok := a.look(key); ok { // answered since we looked
			return body, nil
		}
		body, err := ask(context.WithoutCancel(ctx))
		if err == nil {
			a.put(key, body)
		}
		return body, err
	})
	select {
	case r := <-result:
		body, _ := r.Val.([]byte)
		return body, r.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *answers) look(key string) ([]byte, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.kept[key]
	return k.body, ok && a.now().Before(k.until)
}

// put keeps an answer; where there is no room, all are forgotten: they are cheap.
func (a *answers) put(key string, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
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
