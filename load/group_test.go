package load

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
)

// Rows that arrive while a write is under way go together with the next one.
func TestGroupWriterWritesTogether(t *testing.T) {
	first := make(chan struct{})
	release := make(chan struct{})
	var sizes []int
	w := newGroupWriter(func(_ context.Context, rows []ledgerRow) error {
		sizes = append(sizes, len(rows))
		if len(sizes) == 1 {
			close(first)
			<-release
		}
		return nil
	})
	var wg sync.WaitGroup
	add := func() {
		wg.Go(func() {
			if err := w.add(context.Background(), ledgerRow{}); err != nil {
				t.Error(err)
			}
		})
	}
	add()
	<-first
	const waiting = 20
	for range waiting {
		add()
	}
	for len(w.in) < waiting {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	w.close()
	if len(sizes) != 2 || sizes[0] != 1 || sizes[1] != waiting {
		t.Errorf("wrote groups of %v, want 1 and %d", sizes, waiting)
	}
	if err := w.add(context.Background(), ledgerRow{}); !errors.Is(err, errClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestGroupWriterTellsEveryCaller(t *testing.T) {
	broken := errors.New("broken")
	w := newGroupWriter(func(context.Context, []ledgerRow) error { return broken })
	defer w.close()
	for range 3 {
		if err := w.add(context.Background(), ledgerRow{}); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.add(ctx, ledgerRow{}); err == nil {
		t.Error("a caller that gave up got no error")
	}
}
