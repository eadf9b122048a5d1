package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web/report"
)

// studied is what the study of an event says, as far as the page shows it above its charts. The report has the rest.
type studied struct {
	Event       string          `json:"event"`
	Title       string          `json:"title"`
	Sentence    string          `json:"sentence"`
	EffectPct   account.Number  `json:"effect_pct"`
	LowPct      account.Number  `json:"low_pct"`
	HighPct     account.Number  `json:"high_pct"`
	Grade       account.Grade   `json:"grade"`
	GradeWords  string          `json:"grade_words"`
	Meaning     string          `json:"meaning"`
	Reasons     []string        `json:"reasons"`
	Sure        []string        `json:"sure"`
	Denominator string          `json:"denominator"`
	Questions   []asked         `json:"questions"`
	Main        account.Chart   `json:"main"`
	Charts      []account.Chart `json:"charts"` // placebo dates, and controls by weight
	DataSHA256  string          `json:"data_sha256"`
	Version     string          `json:"version"`
	Simulated   bool            `json:"simulated"`
}

// asked is a question of the report with its answer in short. Missing says why there is none.
type asked struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Answer   string `json:"answer"`
	Figure   string `json:"figure"`
	Interval string `json:"interval"`
	Missing  string `json:"missing"`
}

func studiedOf(r account.Report) studied {
	h := r.Headline
	s := studied{Event: r.Event.ID, Title: r.Title, Sentence: h.Sentence(), EffectPct: h.EffectPct, LowPct: h.Interval.Low, HighPct: h.Interval.High,
		Grade: h.Grade, GradeWords: h.Grade.Words(), Meaning: h.Grade.Meaning(), Reasons: append([]string{}, h.Reasons...),
		Sure:      []string{"Against other dates: " + h.InTime.Sentence("dates without an event"), "Against other places: " + h.InSpace.Sentence("places without an event")},
		Questions: []asked{}, Main: whole(r.Main), Charts: []account.Chart{}, DataSHA256: r.Provenance.DataHash, Version: r.Provenance.Version, Simulated: r.Simulated}
	if r.Denominator != nil {
		s.Denominator = r.Denominator.Sentence
	}
	for _, q := range r.Questions {
		one := asked{ID: q.ID, Title: q.Title, Missing: q.Missing}
		if q.Missing == "" {
			one.Answer, one.Figure, one.Interval = q.Answer, q.Figure.String(), q.Figure.IntervalString()
		}
		s.Questions = append(s.Questions, one)
	}
	for _, c := range []*account.Chart{r.Placebo, r.Controls.Chart} {
		if c != nil {
			s.Charts = append(s.Charts, whole(*c))
		}
	}
	return s
}

// whole gives a chart lists instead of none, as the description of the answers says.
func whole(c account.Chart) account.Chart {
	if c.Series != nil {
		series := *c.Series
		series.Lines = append([]account.Line{}, series.Lines...)
		series.Markers = append([]account.Marker{}, series.Markers...)
		series.Shades = append([]account.Shade{}, series.Shades...)
		c.Series = &series
	}
	return c
}

// made is a study in the two forms that are asked for.
type made struct {
	study []byte // as JSON
	page  []byte // the report
}

func (m made) size() int { return len(m.study) + len(m.page) }

// studyJSON answers with the study of a catalogued event.
func (s *server) studyJSON() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		params, err := route{params: []string{"event"}, needs: "event"}.check(r.URL.Query())
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		made, status, err := s.study(r.Context(), params["event"])
		if err != nil {
			s.fail(w, r, status, err)
			return
		}
		s.give(w, r, made.study, nil)
	}
}

// errNoEvent is told where the catalogue does not have what was asked for.
var errNoEvent = errors.New("no such event")

// study gives the study of an event, or the status of what went wrong. It is made once for the same counts: they are
// known by when they were counted.
func (s *server) study(ctx context.Context, id string) (made, int, error) {
	event, known := s.event(id)
	if s.Report == nil || !known {
		return made{}, http.StatusNotFound, errNoEvent
	}
	m, err := s.studies.get(ctx, id+"@"+s.asOf(ctx, "counts_as_of"), func(ctx context.Context) (made, error) { return s.makeStudy(ctx, event) })
	switch {
	case errors.Is(err, errBusy):
		return made{}, http.StatusServiceUnavailable, err
	case err != nil:
		return made{}, http.StatusUnprocessableEntity, err
	}
	return m, http.StatusOK, nil
}

func (s *server) makeStudy(ctx context.Context, event events.Event) (made, error) {
	done, err := s.turn(ctx)
	if err != nil {
		return made{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	said, err := s.Report(ctx, event)
	if err != nil {
		return made{}, err
	}
	var page bytes.Buffer
	if err := report.Render(&page, said, "/"); err != nil {
		return made{}, err
	}
	prepared, err := report.Prepare(said)
	if err != nil {
		return made{}, err
	}
	study, err := json.Marshal(studiedOf(prepared))
	return made{study, page.Bytes()}, err
}

// asOf names what a question is answered with at present; where the store does not tell, what depends on it is kept for a moment.
func (s *server) asOf(ctx context.Context, question string) string {
	text, err := s.rows(ctx, question, nil, load.JSON)
	if err != nil {
		return strconv.FormatInt(time.Now().Unix()/int64(keepFor/time.Second), 10)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
