package serve

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web/feed"
)

// overview gives the overview, or the one of a moment ago.
func (s *server) overview(ctx context.Context) ([]byte, error) {
	return s.answers.get(ctx, "overview", func(ctx context.Context) ([]byte, error) {
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

// feed answers with the latest entries, as encode writes them.
func (s *server) feed(kind string, encode func(entries []account.Entry, base string) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := s.overview(r.Context())
		var o account.Overview
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		var body []byte
		if err == nil {
			body, err = encode(o.Feed[:min(len(o.Feed), feed.Most)], "http://"+r.Host+"/")
		}
		s.giveAs(w, r, kind, body, err)
	}
}
