package serve

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web/feed"
)

// overview gives the overview. It is made once for the same counts and alarms.
func (s *server) overview(ctx context.Context) ([]byte, error) {
	return s.lasting.get(ctx, "overview@"+s.asOf(ctx, "counts_as_of")+s.asOf(ctx, "alarms"), func(ctx context.Context) ([]byte, error) {
		done, err := s.turn(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		made, err := s.Overview(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(made)
	})
}

func (s *server) overviewJSON() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := s.overview(r.Context())
		s.give(w, r, body, err)
	}
}

// feed answers with the latest entries, as encode writes them, and what studies say of them.
func (s *server) feed(kind string, encode func(entries []account.Entry, effects feed.Effects, base string) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := s.overview(r.Context())
		var o account.Overview
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		entries := o.Feed[:min(len(o.Feed), feed.Most)]
		var effects feed.Effects
		if err == nil {
			effects, err = s.effects(r.Context(), entries)
		}
		var body []byte
		if err == nil {
			body, err = encode(entries, effects, "http://"+r.Host+"/")
		}
		s.giveAs(w, r, kind, body, err)
	}
}

// effects is what studies say of the events of entries. It is made once for the same counts, as studies are.
func (s *server) effects(ctx context.Context, entries []account.Entry) (feed.Effects, error) {
	var about []events.Event
	var key strings.Builder
	for _, entry := range entries {
		if e, known := s.event(entry.Event); known && entry.Kind == account.EventEntry {
			about = append(about, e)
			key.WriteString(e.ID + " ")
		}
	}
	if s.Headlines == nil || len(about) == 0 {
		return nil, nil
	}
	return s.headlines.get(ctx, key.String()+"@"+s.asOf(ctx, "counts_as_of"), func(ctx context.Context) (feed.Effects, error) {
		done, err := s.turn(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		return s.Headlines(ctx, about)
	})
}
