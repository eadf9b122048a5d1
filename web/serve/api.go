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
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
)

// check gives the parameters that a visitor gave, or what is wrong with them.
func (r route) check(given url.Values) (map[string]string, error) {
	values := map[string]string{}
	for name, list := range given {
		if !slices.Contains(r.params, name) {
			return nil, fmt.Errorf("parameter %q: want %s, each once", name, strings.Join(r.params, ", "))
		}
		if p := parameters[name]; len(list) != 1 || !p.form.MatchString(list[0]) {
			return nil, fmt.Errorf("parameter %q: want %s, each once; %s is %s", name, strings.Join(r.params, ", "), name, p.says)
		}
		values[name] = list[0]
	}
	if r.needs != "" && values[r.needs] == "" {
		return nil, fmt.Errorf("parameter %q is missing", r.needs)
	}
	return values, nil
}

// kinds are the media types of formats.
var kinds = map[load.Format]string{load.JSON: "application/json", load.CSV: "text/csv; charset=utf-8", load.Parquet: "application/vnd.apache.parquet"}

// answer gives the rows of a route's query in the format that is asked for.
func (s *server) answer(route route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		params, err := route.check(r.URL.Query())
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		format := load.Format(cmp.Or(params["format"], string(load.JSON)))
		delete(params, "format")
		rows, err := s.rows(r.Context(), route.query, params, format)
		if format != load.JSON && err == nil {
			w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.%s"`, route.query, params["country"], format))
		}
		s.giveAs(w, r, kinds[format], rows, err)
	}
}

// rows runs a query, or gives again what it gave a moment ago.
func (s *server) rows(ctx context.Context, name string, params map[string]string, format load.Format) ([]byte, error) {
	key := name + "." + string(format) + "?" + encode(params)
	return s.answers.get(ctx, key, func(ctx context.Context) ([]byte, error) {
		done, err := s.turn(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		text := &bounded{most: answerMost}
		if err := s.Store.Query(ctx, name, params, text, format); err != nil {
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
func (s *server) places() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := s.lasting.get(r.Context(), "places@"+s.asOf(r.Context(), "counts_as_of"), func(ctx context.Context) ([]byte, error) {
			text, err := s.rows(ctx, "coverage", nil, load.JSON)
			if err != nil {
				return nil, err
			}
			return placesOf(text)
		})
		s.give(w, r, body, err)
	}
}

// placesOf makes the list of countries from the rows of the query coverage.
func placesOf(text []byte) ([]byte, error) {
	var rows []struct {
		Country, Day string
		Simulated    uint8
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, err
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
	return json.Marshal(list)
}

// catalogued is an event as the page lists it.
type catalogued struct {
	ID        string       `json:"id"`
	Country   string       `json:"country"`
	Target    string       `json:"target"`
	Kind      string       `json:"kind"`
	Date      string       `json:"date"` // the day it is tested on
	Announced string       `json:"announced"`
	Enforced  string       `json:"enforced"`
	Ended     string       `json:"ended"`
	Precision string       `json:"precision"`
	Note      account.Note `json:"note"` // as a chart tells it
}

// events lists the catalogue of a country.
func (s *server) events() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		params, err := route{params: []string{"country"}, needs: "country"}.check(r.URL.Query())
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		body, err := json.Marshal(s.eventsOf(params["country"]))
		s.give(w, r, body, err)
	}
}

func (s *server) eventsOf(country string) []catalogued {
	list := []catalogued{}
	for _, e := range s.Events {
		if e.Country == country {
			list = append(list, catalogued{ID: e.ID, Country: e.Country, Target: e.Target, Kind: string(e.Kind), Precision: e.Precision,
				Date: isoDay(e.Date()), Announced: isoDay(e.Announced()), Enforced: isoDay(e.Enforced()), Ended: isoDay(e.Ended()),
				Note: study.NoteOf(e)})
		}
	}
	return list
}

func isoDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (s *server) give(w http.ResponseWriter, r *http.Request, body []byte, err error) {
	s.giveAs(w, r, "application/json", body, err)
}

func (s *server) giveAs(w http.ResponseWriter, r *http.Request, kind string, body []byte, err error) {
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
		w.Header().Set("Content-Type", kind)
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
