package serve

import (
	"context"
	"net/http"
	"time"
)

// readyEvery is how often the first screen is looked after: as often as the store is counted.
const readyEvery = time.Minute

// KeepReady asks a page for its first screen until ctx is done, so that the first visitor does not wait for the store. It
// costs one question about the counts where they are the same.
func KeepReady(ctx context.Context, page http.Handler) {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		for _, path := range []string{"/api/places", "/api/overview"} {
			if r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, http.NoBody); err == nil {
				page.ServeHTTP(nobody{}, r)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// nobody waits for an answer that is only to be kept.
type nobody struct{}

func (nobody) Header() http.Header         { return http.Header{} }
func (nobody) Write(p []byte) (int, error) { return len(p), nil }
func (nobody) WriteHeader(int)             {}
