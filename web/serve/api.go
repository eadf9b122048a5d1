package serve

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/study"
)

// question is one named query with the parameters that a visitor may give.
type question struct {
	query    string
	params   []string
	required string
}

// questions are all that can be asked of the store.
var questions = map[string]question{
	"/api/daily": {query: "daily_series", params: []string{"country", "tool", "from", "to"}, required: "country"},
	"/api/tools": {query: "use_by_tool_day", params: []string{"country", "from", "to"}, required: "country"},
}

// forms are what the values of parameters look like.
var forms = map[string]*regexp.Regexp{
	"country": regexp.MustCompile(`^[a-z]{2}$`),
	"tool":    regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`),
	"from":    regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`),
	"to":      regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`),
}

// check gives the parameters that a visitor gave, or what is wrong with them.
func (q question) check(given url.Values) (map[string]string, error) {
	values := map[string]string{}
	for name, list := range given {
		form, known := forms[name]
		if !slices.Contains(q.params, name) || !known || len(list) != 1 || !form.MatchString(list[0]) {
			return nil, fmt.Errorf("parameter %q: want %s, each once", name, strings.Join(q.params, ", "))
		}
		values[name] = list[0]
	}
	if q.required != "" && values[q.required] == "" {
		return nil, fmt.Errorf("parameter %q is missing", q.required)
	}
	return values, nil
}

// answer gives the rows of a question as JSON.
func (s *server) answer(q question) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		params, err := q.check(r.URL.Query())
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		rows, err := s.rows(r.Context(), q.query, params)
		s.give(w, r, rows, err)
	}
}

// rows runs a query, or gives again what it gave a moment ago.
func (s *server) rows(ctx context.Context, name string, params map[string]string) ([]byte, error) {
	key := name + "?" + encode(params)
	return s.answers.get(ctx, key, func(ctx context.Context) ([]byte, error) {
		done, err := s.turn(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		text := &bounded{most: answerMost}
		if err := s.Store.Query(ctx, name, params, text, load.JSON); err != nil {
			return nil, err
		}
		return text.Bytes(), nil
	})
}

func encode(params map[string]string) string {
	values := url.Values{}
	for k, v := range params {
		values.Set(k, v)
	}
	return values.Encode()
}

// bounded is a buffer that refuses more than it may hold.
type bounded struct {
	bytes.Buffer
	most int
}

var errTooLarge = errors.New("the answer is too large; ask for fewer days")

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errTooLarge
	}
	return b.Buffer.Write(p)
}

// place is a country with the days of its telemetry.
type place struct {
	Country   string `json:"country"`
	Name      string `json:"name"`
	First     string `json:"first"`
	Last      string `json:"last"`
	Simulated bool   `json:"simulated"`
}

// places lists the countries that the store has telemetry of, measured ones first.
func (s *server) places(w http.ResponseWriter, r *http.Request) {
	text, err := s.rows(r.Context(), "coverage", nil)
	if err != nil {
		s.give(w, r, nil, err)
		return
	}
	var rows []struct {
		Country, Day string
		Simulated    uint8
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		s.give(w, r, nil, err)
		return
	}
	byCountry := map[string]*place{}
	list := []*place{}
	for _, row := range rows {
		if row.Country == "" {
			continue
		}
		p := byCountry[row.Country]
		if p == nil {
			p = &place{Country: row.Country, Name: study.CountryName(row.Country), First: row.Day, Last: row.Day, Simulated: true}
			byCountry[row.Country], list = p, append(list, p)
		}
		p.First, p.Last = min(p.First, row.Day), max(p.Last, row.Day)
		p.Simulated = p.Simulated && row.Simulated == 1
	}
	slices.SortFunc(list, func(a, b *place) int { return cmp.Compare(a.Name, b.Name) })
	body, err := json.Marshal(list)
	s.give(w, r, body, err)
}

// catalogued is an event as the page lists it.
type catalogued struct {
	ID        string `json:"id"`
	Country   string `json:"country"`
	Target    string `json:"target"`
	Kind      string `json:"kind"`
	Date      string `json:"date"` // the day it is tested on
	Announced string `json:"announced"`
	Enforced  string `json:"enforced"`
	Ended     string `json:"ended"`
	Precision string `json:"precision"`
}

// events lists the catalogue of a country.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	params, err := question{params: []string{"country"}, required: "country"}.check(r.URL.Query())
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	list := []catalogued{}
	for _, e := range s.Events {
		if e.Country == params["country"] {
			list = append(list, catalogued{ID: e.ID, Country: e.Country, Target: e.Target, Kind: string(e.Kind), Precision: e.Precision,
				Date: isoDay(e.Date()), Announced: isoDay(e.Announced()), Enforced: isoDay(e.Enforced()), Ended: isoDay(e.Ended())})
		}
	}
	body, err := json.Marshal(list)
	s.give(w, r, body, err)
}

func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (s *server) give(w http.ResponseWriter, r *http.Request, body []byte, err error) {
	switch {
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "5")
		s.fail(w, r, http.StatusServiceUnavailable, err)
	case errors.Is(err, errTooLarge):
		s.fail(w, r, http.StatusRequestEntityTooLarge, errTooLarge)
	case err != nil && r.Context().Err() != nil:
		return // the visitor is gone
	case err != nil:
		s.Log.Error("page", "path", r.URL.Path, "error", err)
		s.fail(w, r, http.StatusBadGateway, errors.New("the store did not answer; the log says why"))
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "private, max-age=30")
		w.Write(body) //nolint:errcheck // the visitor is gone
	}
}

// fail tells what is wrong, as JSON where a script asked and as text where a person did.
func (s *server) fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		http.Error(w, err.Error(), status)
		return
	}
	body, marshalled := json.Marshal(map[string]string{"error": err.Error()})
	if marshalled != nil {
		body = []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the visitor is gone
}
