// Package serve is the page that comes with the program: use against bans, by country
// and tool, over a fixed set of named queries.
//
// It must never run SQL that a visitor gives, write anything, or answer a page of
// another site. It reads what the store's reader may read, a few queries at a time.
package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/study/account"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/schemas/use"
	"github.com/banshift/banshift/web"
	"github.com/banshift/banshift/web/feed"
)

//go:embed page.html
var pages embed.FS

// Store answers named queries; *load.Store is one.
type Store interface {
	Query(ctx context.Context, name string, params map[string]string, w io.Writer, f load.Format) error
}

// Options are what a page is made of.
type Options struct {
	Store   Store
	Events  []events.Event
	Version string
	// Overview makes the first screen and the feed.
	Overview func(ctx context.Context) (account.Overview, error)
	// Report makes the report of an event, for the links of the list; nil: no links.
	Report func(ctx context.Context, event events.Event) (account.Report, error)
	// Hours are those of a country from one on, in order; nil: the page has no hours.
	Hours func(ctx context.Context, country string, simulated bool, from time.Time) ([]load.WatchedHour, error)
	// Headlines are what the reports of events say in short, by their ids, for the feeds; nil: feeds have no effects.
	Headlines func(ctx context.Context, about []events.Event) (map[string]account.Headline, error)
	Log       *slog.Logger
	// Public has requests under any name answered: what Store and the others give may be seen by anybody.
	Public bool
}

// Limits of what visitors can ask of the store together.
const (
	atOnce     = 2                // queries or reports that run at a time
	waitFor    = 10 * time.Second // for a turn, before a visitor is told to come back
	queryTime  = 30 * time.Second
	keepFor    = 30 * time.Second // answers are given again for this long
	keepBytes  = 32 << 20
	studiesFor = 24 * time.Hour // studies, and the first screen, of the same counts
	answerMost = 16 << 20       // bytes of one answer
	// headlineBytes is about how much memory a headline takes.
	headlineBytes = 2 << 10
)

// server answers requests. Its parts are safe for concurrent use.
type server struct {
	Options
	page    []byte
	openapi []byte
	bundle  web.Bundle
	version string // of the bundle, in the addresses of its files
	turns   chan struct{}
	answers *answers[[]byte]
	lasting *answers[[]byte] // what is the same as long as the counts are
	studies *answers[made]
	// headlines are what studies say in short of the events of a feed.
	headlines *answers[feed.Effects]
}

// New gives the handler of the page, or web.ErrNoBundle.
func New(o Options) (http.Handler, error) {
	bundle, err := web.Assets()
	if err != nil {
		return nil, err
	}
	return newHandler(o, bundle)
}

func newHandler(o Options, bundle web.Bundle) (http.Handler, error) {
	h, _, err := newServer(o, bundle)
	return h, err
}

func newServer(o Options, bundle web.Bundle) (http.Handler, *server, error) {
	sum := sha256.Sum256(slices.Concat(bundle.Script, bundle.Style, bundle.World))
	s := &server{Options: o, bundle: bundle, version: hex.EncodeToString(sum[:6]),
		turns: make(chan struct{}, atOnce), answers: newAnswers(keepFor, keepBytes, func(body []byte) int { return len(body) }),
		lasting:   newAnswers(studiesFor, keepBytes, func(body []byte) int { return len(body) }),
		studies:   newAnswers(studiesFor, keepBytes, made.size),
		headlines: newAnswers(studiesFor, keepBytes, func(said feed.Effects) int { return len(said) * headlineBytes })}
	counted, err := use.Load()
	if err != nil {
		return nil, nil, fmt.Errorf("page: %w", err)
	}
	page, err := template.ParseFS(pages, "page.html")
	if err != nil {
		return nil, nil, fmt.Errorf("page: %w", err)
	}
	var text bytes.Buffer
	if err := page.Execute(&text, map[string]any{"Version": o.Version, "Bundle": s.version, "Reports": o.Report != nil, "Hours": o.Hours != nil, "World": bundle.World != nil, "Use": strings.Join(counted.Categories, " ")}); err != nil {
		return nil, nil, fmt.Errorf("page: %w", err)
	}
	s.page = text.Bytes()
	if s.openapi, err = OpenAPI(); err != nil {
		return nil, nil, fmt.Errorf("page: %w", err)
	}
	return s.mux(), s, nil
}

func (s *server) mux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.file("text/html; charset=utf-8", s.page, "no-cache"))
	const forever = "public, max-age=31536000, immutable" // the address has the content's hash
	mux.HandleFunc("GET /banshift.js", s.file("text/javascript; charset=utf-8", s.bundle.Script, forever))
	mux.HandleFunc("GET /banshift.css", s.file("text/css; charset=utf-8", s.bundle.Style, forever))
	if s.bundle.World != nil {
		mux.HandleFunc("GET /world.json", s.file("application/json", s.bundle.World, forever))
	}
	for _, route := range routes {
		if route.query != "" {
			mux.HandleFunc("GET "+route.path, s.answer(route))
		} else {
			mux.HandleFunc("GET "+route.path, route.handle(s))
		}
	}
	mux.HandleFunc("GET /api/openapi.json", s.file("application/json", s.openapi, "no-cache"))
	mux.HandleFunc("GET /feed.atom", s.feed("application/atom+xml; charset=utf-8", feed.Atom))
	mux.HandleFunc("GET /feed.json", s.feed("application/feed+json; charset=utf-8", feed.JSON))
	mux.HandleFunc("GET /report/{event}", s.report)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	return guard(mux, s.Public)
}

// policy lets the page load its own script, style and answers, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard sets the headers that every answer has, and turns away requests under a name
// that is not this machine's, unless the page is public: a page elsewhere that rebinds its name to a loopback
// address must not read the store.
func guard(next http.Handler, public bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !public && !Local(r.Host) {
			http.Error(w, "this page answers on the machine it runs on, as localhost or 127.0.0.1", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Local says whether an address, with or without a port, is this machine's own.
func Local(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (s *server) file(kind string, body []byte, caching string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", caching)
		w.Write(body) //nolint:errcheck // the visitor is gone
	}
}

// errBusy is told where too many questions wait.
var errBusy = errors.New("the store is busy; try again in a moment")

// turn waits for leave to ask the store. The caller calls done when it has asked.
func (s *server) turn(ctx context.Context) (done func(), err error) {
	timer := time.NewTimer(waitFor)
	defer timer.Stop()
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-timer.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// report makes the report of a catalogued event. It is complete in itself and brings a
// policy of its own.
func (s *server) report(w http.ResponseWriter, r *http.Request) {
	made, status, err := s.study(r.Context(), r.PathValue("event"))
	if err != nil {
		s.fail(w, r, status, err)
		return
	}
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(made.page) //nolint:errcheck // the visitor is gone
}

func (s *server) event(id string) (events.Event, bool) {
	for _, e := range s.Events {
		if e.ID == id {
			return e, true
		}
	}
	return events.Event{}, false
}
