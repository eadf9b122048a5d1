package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/banshift/banshift/load"
)

// mostHours is the span that is answered by the hour.
const mostHours = 14 * 24 * time.Hour

// errNoHours is told where hours are not shown.
var errNoHours = errors.New("this page has no hours")

// hours answers with the hours of a country.
func (s *server) hours() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.Hours == nil {
			s.fail(w, r, http.StatusNotFound, errNoHours)
			return
		}
		params, err := route{params: []string{"country", "tool", "from", "to"}, needs: "country"}.check(r.URL.Query())
		var from, to time.Time
		if err == nil {
			from, to, err = spanOfHours(params)
		}
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		body, err := s.answers.get(r.Context(), "hours?"+encode(params), func(ctx context.Context) ([]byte, error) {
			return s.hoursOf(ctx, params["country"], params["tool"], from, to)
		})
		s.give(w, r, body, err)
	}
}

// spanOfHours gives the first hour and the one behind the last.
func spanOfHours(params map[string]string) (from, to time.Time, err error) {
	if from, err = time.Parse(time.DateOnly, params["from"]); err != nil {
		return from, to, fmt.Errorf("parameter \"from\": want %s", parameters["from"].says)
	}
	if to, err = time.Parse(time.DateOnly, params["to"]); err != nil {
		return from, to, fmt.Errorf("parameter \"to\": want %s", parameters["to"].says)
	}
	to = to.AddDate(0, 0, 1)
	if span := to.Sub(from); span <= 0 || span > mostHours {
		return from, to, errors.New("hours are answered for spans of 1 to 14 days")
	}
	return from, to, nil
}

// hoursOf asks for the hours of a span, measured ones and simulated ones.
func (s *server) hoursOf(ctx context.Context, country, tool string, from, to time.Time) ([]byte, error) {
	done, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	rows := []hourRow{}
	for _, simulated := range []uint8{0, 1} {
		hours, err := s.Hours(ctx, country, simulated == 1, from)
		if err != nil {
			return nil, err
		}
		for _, h := range hours {
			if !h.Hour.Before(to) {
				break
			}
			rows = append(rows, hourRow{country, h.Hour.UTC().Format("2006-01-02T15:04Z"), clientsOf(h, tool), h.AllClients, simulated})
		}
	}
	return json.Marshal(rows)
}

// clientsOf are those that used a tool in an hour, or any without one.
func clientsOf(h load.WatchedHour, tool string) uint64 {
	if tool == "" {
		return h.Clients
	}
	return h.Tools[tool]
}
