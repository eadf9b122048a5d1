package study

import (
	"context"
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// dayStore answers no question; hourStore tells hours too.
type dayStore struct{}

func (dayStore) Daily(context.Context, map[string]string) ([]load.Day, error) { return nil, nil }
func (dayStore) Query(context.Context, string, map[string]string, io.Writer, load.Format) error {
	return nil
}

type hourStore struct {
	dayStore
	from      time.Time
	simulated bool
}

func (s *hourStore) UseByHour(_ context.Context, country string, simulated bool, from time.Time) ([]load.WatchedHour, error) {
	s.from, s.simulated = from, simulated
	return []load.WatchedHour{{Hour: start.Add(-time.Hour), Clients: 1}, {Hour: start.Add(26 * time.Hour), Clients: 9, AllClients: 20}}, nil
}

func TestHoursOfAStore(t *testing.T) {
	byHour := ban
	byHour.EnforcedAt = "2018-04-16T12:00"
	list := func() []spike.Series {
		return []spike.Series{{Name: "use", Country: "ru", Start: start, Values: make([]float64, length)}}
	}
	store := &hourStore{}
	made := list()
	if err := addHours(t.Context(), newReading(store), made, true, hourEvents([]events.Event{ban, byHour})); err != nil {
		t.Fatal(err)
	}
	h := made[0].Hours
	if h == nil || len(h.Values) != 24*length || h.Values[26] != 9 || !math.IsNaN(h.Values[25]) || !store.simulated || !store.from.Equal(byHour.Date().AddDate(0, 0, -hourPast)) {
		t.Errorf("hours %v, read from %s (simulated %v)", h, store.from, store.simulated)
	}
	var refused *RefusedError
	if err := addHours(t.Context(), newReading(dayStore{}), list(), false, hourEvents([]events.Event{byHour})); !errors.As(err, &refused) {
		t.Errorf("a reader of what is published: %v, want a refusal", err)
	}
	made = list()
	if err := addHours(t.Context(), newReading(dayStore{}), made, false, hourEvents([]events.Event{ban})); err != nil || made[0].Hours != nil {
		t.Errorf("no event by the hour: %v, hours %v", err, made[0].Hours)
	}
}
