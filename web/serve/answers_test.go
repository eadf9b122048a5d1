package serve

import (
	"context"
	"errors"
	"testing"
	"time"
)

// asking is one question that answers when it is told to, or ends with its context.
type asking struct {
	began  chan struct{}
	answer chan []byte
	ended  chan error
}

func newAsking() *asking {
	return &asking{began: make(chan struct{}, 9), answer: make(chan []byte), ended: make(chan error, 9)}
}

func (q *asking) ask(ctx context.Context) ([]byte, error) {
	q.began <- struct{}{}
	select {
	case body := <-q.answer:
		q.ended <- nil
		return body, nil
	case <-ctx.Done():
		q.ended <- ctx.Err()
		return nil, ctx.Err()
	}
}

// visit asks in the background; its answer comes through the channel.
func visit(a *answers[[]byte], q *asking) (leave func(), got <-chan error) {
	ctx, leave := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() {
		_, err := a.get(ctx, "key", q.ask)
		result <- err
	}()
	return leave, result
}

// within gives what comes through a channel, or fails where nothing does.
func within[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s: nothing", what)
		panic("unreachable")
	}
}

func (a *answers[T]) waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.asked["key"]; c != nil {
		return c.waiting
	}
	return 0
}

func TestTheLastVisitorWhoLeavesEndsTheQuestion(t *testing.T) {
	a, q := newAnswers(time.Minute, 100, sizeOf), newAsking()
	leave1, got1 := visit(a, q)
	within(t, "question", q.began)
	leave2, got2 := visit(a, q)
	for a.waiting() != 2 {
		time.Sleep(time.Millisecond)
	}
	leave1()
	if err := within(t, "first visitor", got1); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(q.ended) > 0 {
		t.Fatal("the question ended though another waits for it")
	}
	leave2()
	if err := within(t, "second visitor", got2); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := within(t, "end of the question", q.ended); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// Whoever comes now asks anew: the end of the other question is not theirs.
	leave3, got3 := visit(a, q)
	defer leave3()
	within(t, "next question", q.began)
	q.answer <- []byte("x")
	if err := within(t, "third visitor", got3); err != nil {
		t.Fatal(err)
	}
}

func TestTheAnswerIsForWhoeverStayed(t *testing.T) {
	a, q := newAnswers(time.Minute, 100, sizeOf), newAsking()
	leave1, got1 := visit(a, q)
	within(t, "question", q.began)
	leave2, got2 := visit(a, q)
	defer leave2()
	for a.waiting() != 2 {
		time.Sleep(time.Millisecond)
	}
	leave1()
	within(t, "first visitor", got1)
	q.answer <- []byte("x")
	if err := within(t, "second visitor", got2); err != nil {
		t.Fatal(err)
	}
	if body, err := a.get(context.Background(), "key", q.ask); err != nil || string(body) != "x" || len(q.began) > 0 {
		t.Fatalf("%q, %v, asked again: %v", body, err, len(q.began) > 0)
	}
}

func sizeOf(body []byte) int { return len(body) }
