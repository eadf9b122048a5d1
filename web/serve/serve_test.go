package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/web"
	reportsample "github.com/banshift/banshift/web/report/sample"
	"github.com/banshift/banshift/web/serve/sample"
)

// counting is a store that counts what it is asked.
type counting struct {
	Store
	asked atomic.Int32
	err   error
}

func (c *counting) Query(ctx context.Context, name string, params map[string]string, w io.Writer, f load.Format) error {
	c.asked.Add(1)
	if c.err != nil {
		return c.err
	}
	return c.Store.Query(ctx, name, params, w, f)
}

func handler(t *testing.T, store Store) http.Handler {
	t.Helper()
	h, err := newHandler(Options{Store: store, Events: sample.Events(), Version: "v<1>", Log: slog.New(slog.DiscardHandler), Hours: sample.Store{}.UseByHour,
		Overview: func(ctx context.Context) (account.Overview, error) {
			return study.Overview(ctx, sample.Store{}, study.Options{Config: spike.DefaultConfig(), Catalogue: sample.Events()})
		},
		Headlines: func(_ context.Context, about []events.Event) (map[string]account.Headline, error) {
			return map[string]account.Headline{about[0].ID: {EffectPct: 25, Grade: account.Supported}}, nil
		},
		Report: func(_ context.Context, e events.Event) (account.Report, error) {
			if e.ID == "ru-x-2018" {
				return reportsample.Report(1), nil
			}
			return account.Report{}, errors.New("no data around the event")
		}}, web.Bundle{Script: []byte("void 0"), Style: []byte("body{}"), World: []byte(`{"outlines":{}}`)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, method, host, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const here = "127.0.0.1:8080"

func TestAnswers(t *testing.T) {
	h := handler(t, sample.Store{})
	for _, test := range []struct {
		method, host, target string
		status               int
		says                 string
	}{
		{"GET", here, "/", 200, `data-page="use" data-reports`},
		{"GET", here, "/", 200, "v&lt;1&gt;"},
		{"GET", "localhost:99", "/banshift.js", 200, "void 0"},
		{"GET", "[::1]:99", "/banshift.css", 200, "body{}"},
		{"GET", here, "/healthz", 200, "ok"},
		{"GET", here, "/api/places", 200, `{"country":"ru","name":"Russia","first":"2018-01-01","last":"2018-06-30","simulated":true}`},
		{"GET", here, "/api/events?country=ua", 200, `"target":"\u003cY\u003e"`},
		{"GET", here, "/api/events?country=de", 200, "[]"},
		{"GET", here, "/api/daily?country=ru&tool=openvpn&from=2018-01-01&to=2018-02-01", 200, `"clients":`},
		{"GET", here, "/api/tools?country=ru", 200, `"tool":"tor"`},
		{"GET", here, "/api/daily", 400, `parameter \"country\" is missing`},
		{"GET", here, "/api/daily?country=RU", 400, "want country, tool, from, to"},
		{"GET", here, "/api/daily?country=ru&country=ua", 400, "each once"},
		{"GET", here, "/api/daily?country=ru&tool=x'--", 400, `parameter \"tool\"`},
		{"GET", here, "/api/daily?country=ru&sql=1", 400, `parameter \"sql\"`},
		{"GET", here, "/api/tools?country=ru&tool=tor", 400, `parameter \"tool\"`},
		{"GET", here, "/api/sql", 404, ""},
		{"GET", here, "/api/daily?country=ru&format=csv", 200, "rows as csv"},
		{"GET", here, "/api/daily?country=ru&format=xls", 400, "json, csv or parquet"},
		{"GET", here, "/api/overview", 200, `"country":"ru"`},
		{"GET", here, "/api/openapi.json", 200, `"/api/daily"`},
		{"GET", here, "/feed.atom", 200, `<id>urn:banshift:event:ru-x-2018</id>`},
		{"GET", here, "/feed.json", 200, `"grade": "supported"`},
		{"GET", here, "/feed.atom", 200, `term="supported"`},
		{"GET", here, "/feed.json", 200, `"url": "http://127.0.0.1:8080/?country=ru\u0026days=ru-x-2018"`},
		{"POST", here, "/api/daily?country=ru", 405, ""},
		{"GET", here, "/report/nothing", 404, "no such event"},
		{"GET", here, "/report/ua-y-2017", 422, "no data around the event"},
		{"GET", here, "/report/ru-x-2018", 200, `data-page="report"`},
		{"GET", here, "/api/study?event=ru-x-2018", 200, `"grade":"supported"`},
		{"GET", here, "/api/study?event=ua-y-2017", 422, "no data around the event"},
		{"GET", here, "/api/study?event=nothing", 404, "no such event"},
		{"GET", here, "/api/study", 400, `parameter \"event\" is missing`},
		{"GET", here, "/api/hours?country=ru&from=2018-04-16&to=2018-04-17", 200, `{"country":"ru","hour":"2018-04-16T00:00Z","clients":200,"all_clients":2000,"simulated":1}`},
		{"GET", here, "/api/hours?country=ru&tool=tor&from=2018-04-16&to=2018-04-17", 200, `"clients":50,`},
		{"GET", here, "/api/hours?country=ru&from=2018-04-16&to=2018-04-30", 400, "1 to 14 days"},
		{"GET", here, "/api/hours?country=ru&from=2018-04-16&to=2018-04-15", 400, "1 to 14 days"},
		{"GET", here, "/api/hours?country=ru&from=2018-04-16", 400, `parameter \"to\"`},
		{"GET", here, "/api/networks?country=ru", 200, `"asn":`},
		{"GET", here, "/api/unknown?country=ru", 200, `"servers":2`},
		{"GET", here, "/api/unknown?country=ua", 200, "[]"},
		{"GET", here, "/api/unknown", 400, `parameter \"country\" is missing`},
		{"GET", here, "/api/unknown?country=ru&tool=tor", 400, `parameter \"tool\"`},
		{"GET", here, "/world.json", 200, `"outlines"`},
		{"GET", "evil.example", "/api/places", 421, "answers on the machine"},
		{"GET", "127.0.0.1.evil.example:8080", "/", 421, ""},
	} {
		w := get(h, test.method, test.host, test.target)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%s %s at %s: %d %.200q, want %d and %q", test.method, test.target, test.host, w.Code, w.Body.String(), test.status, test.says)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", test.target, csp)
		}
	}
}

func TestSameQuestionIsAskedOnce(t *testing.T) {
	store := &counting{Store: sample.Store{}}
	h := handler(t, store)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { get(h, "GET", here, "/api/daily?country=ru") })
	}
	all.Wait()
	if n := store.asked.Load(); n != 1 {
		t.Errorf("the store was asked %d times, want once", n)
	}
	get(h, "GET", here, "/api/daily?country=ua")
	if n := store.asked.Load(); n != 2 {
		t.Errorf("the store was asked %d times, want twice", n)
	}
}

func TestStoreErrorsAreNotShown(t *testing.T) {
	store := &counting{Store: sample.Store{}, err: errors.New("password of reader@10.0.0.7 is wrong")}
	h := handler(t, store)
	w := get(h, "GET", here, "/api/daily?country=ru")
	if w.Code != http.StatusBadGateway || strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	store.err = nil
	if w := get(h, "GET", here, "/api/daily?country=ru"); w.Code != http.StatusOK {
		t.Errorf("an error was kept: %d", w.Code)
	}
	store.err = errTooLarge
	if w := get(h, "GET", here, "/api/tools?country=ru"); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large an answer: %d", w.Code)
	}
}

func TestAnswersAreForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	a := newAnswers(time.Minute, 10, sizeOf)
	a.now = func() time.Time { return now }
	asked := 0
	ask := func(body string) string {
		got, err := a.get(context.Background(), body, func(context.Context) ([]byte, error) { asked++; return []byte(body), nil })
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	ask("1234")
	ask("1234")
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
	now = now.Add(2 * time.Minute)
	ask("1234")
	if asked != 2 {
		t.Error("an old answer was given again")
	}
	for _, body := range []string{"12345", "123456", "12345678901"} {
		if ask(body) != body || a.size > 10 {
			t.Errorf("%d bytes are kept, want at most 10", a.size)
		}
	}
}

func TestBounded(t *testing.T) {
	b := &bounded{most: 4}
	if _, err := b.Write([]byte("12345")); !errors.Is(err, errTooLarge) {
		t.Errorf("error %v, want errTooLarge", err)
	}
}

func TestLocal(t *testing.T) {
	for address, want := range map[string]bool{"localhost": true, "127.0.0.1:80": true, "[::1]:80": true, "::1": true, "127.8.9.1": true,
		"0.0.0.0:80": false, "localhost.example": false, "": false, ":80": false, "192.0.2.1:80": false} {
		if got := Local(address); got != want {
			t.Errorf("Local(%q) = %v", address, got)
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("country=ru&tool=openvpn")
	f.Add("country=ru%00&from=2018-01-01'")
	h, err := newHandler(Options{Store: sample.Store{}, Log: slog.New(slog.DiscardHandler)}, web.Bundle{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/api/daily", nil)
		r.Host, r.URL.RawQuery = here, query
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("%q: status %d", query, w.Code)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: no JSON: %s", query, w.Body)
		}
	})
}

// counted is a store whose counts are of a moment.
type counted struct {
	Store
	as atomic.Int32
}

func (c *counted) Query(ctx context.Context, name string, params map[string]string, w io.Writer, f load.Format) error {
	if name != "counts_as_of" {
		return c.Store.Query(ctx, name, params, w, f)
	}
	_, err := io.WriteString(w, strconv.Itoa(int(c.as.Load())))
	return err
}

// TestStudyIsMadeOnceForTheSameCounts asks for a study and its report, before and after telemetry has come.
func TestStudyIsMadeOnceForTheSameCounts(t *testing.T) {
	var made atomic.Int32
	store := &counted{Store: sample.Store{}}
	h, s, err := newServer(Options{Store: store, Events: sample.Events(), Log: slog.New(slog.DiscardHandler),
		Report: func(context.Context, events.Event) (account.Report, error) {
			made.Add(1)
			return reportsample.Report(1), nil
		}}, web.Bundle{Script: []byte("void 0"), Style: []byte("body{}")})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/api/study?event=ru-x-2018", "/report/ru-x-2018", "/api/study?event=ru-x-2018"} {
		if w := get(h, "GET", here, target); w.Code != 200 {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
	store.as.Add(1)
	s.answers.now = func() time.Time { return time.Now().Add(keepFor) } // what was asked a moment ago is asked again
	get(h, "GET", here, "/report/ru-x-2018")
	if made.Load() != 2 {
		t.Errorf("made %d times after the counts changed", made.Load())
	}
}

// TestFirstScreenIsReady counts what the store is asked for the first screen: all of it once, and by the first visitor nothing.
func TestFirstScreenIsReady(t *testing.T) {
	store := &counting{Store: sample.Store{}}
	h := handler(t, store)
	ctx, end := context.WithCancel(context.Background())
	asked := int32(3) // counts, alarms, coverage; the overview of this handler asks a store of its own
	ready := make(chan struct{})
	go func() { KeepReady(ctx, h); close(ready) }()
	for store.asked.Load() < asked {
		runtime.Gosched()
	}
	for _, path := range []string{"/api/places", "/api/overview"} {
		if w := get(h, "GET", here, path); w.Code != 200 || !strings.Contains(w.Body.String(), `"country":"ru"`) {
			t.Errorf("%s: %d %.100s", path, w.Code, w.Body.String())
		}
	}
	end()
	<-ready
	if n := store.asked.Load(); n != asked {
		t.Errorf("the store was asked %d times, want %d", n, asked)
	}
}
