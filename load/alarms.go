package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/schemas/statements"
	"github.com/banshift/banshift/schemas/use"
)

// WatchedPlace is a country with finished counts of one kind of telemetry.
type WatchedPlace struct {
	Country   string
	Simulated uint8
	Last      time.Time // beginning of the last hour that has counts
	Counted   time.Time // when the last day was counted
}

// WatchedHour is what one hour of a country counts.
type WatchedHour struct {
	Hour       time.Time
	AllClients uint64            // distinct clients seen at all
	Clients    uint64            // of them, those that used a tool that counts as use
	Exporters  uint64            // sensors that reported
	Tools      map[string]uint64 // clients by tool; a tool that is missing was used by none
}

// WatchState is what a detector remembers of a series.
type WatchState struct {
	Country   string
	Step      string // hour or day
	Simulated uint8
	Series    string
	Until     time.Time // beginning of the last step that was judged
	State     string    // JSON
}

// Alarm is a row of table alarms.
type Alarm struct {
	ID        string     `json:"id"`
	Country   string     `json:"country"`
	ASN       uint32     `json:"asn"`
	Tool      string     `json:"tool"`
	Service   string     `json:"service"`
	Kind      string     `json:"kind"`
	Step      string     `json:"step"`
	Simulated uint8      `json:"simulated"`
	Began     time.Time  `json:"began"`
	Raised    time.Time  `json:"raised"`
	Ended     *time.Time `json:"ended"` // nil: it is on
	Z         float64    `json:"z"`
	Clients   uint64     `json:"clients"`  // to a multiple of the fewest that may be shown
	Expected  uint64     `json:"expected"` // the same
	Within    string     `json:"within"`   // id of the country's alarm that it is a part of
	Title     string     `json:"title"`
	Text      string     `json:"text"`
}

// AlarmNotice is a row of table alarm_notices.
type AlarmNotice struct {
	Alarm        string
	About        string
	Subscription string
	State        string
	Owner        string
	At           time.Time // by the store's clock; it is set by the store
}

// Owner names this program among those that share the store.
func (s *Store) Owner() string { return s.owner }

// WatchedPlaces lists what there is to watch.
func (s *Store) WatchedPlaces(ctx context.Context) ([]WatchedPlace, error) {
	places, err := awaited(ctx, s, func(p *WatchedPlace) []any { return []any{&p.Country, &p.Simulated, &p.Last, &p.Counted} }, statements.WatchedPlaces)
	return places, explain(s.name, err)
}

// WatchedHours gives the hours of a place from one on, in order. Hours without telemetry are missing.
func (s *Store) WatchedHours(ctx context.Context, p WatchedPlace, from time.Time) ([]WatchedHour, error) {
	counted, err := use.Load()
	if err != nil {
		return nil, err
	}
	type row struct {
		WatchedHour
		tools  []string
		people []uint64
	}
	params := clickhouse.Parameters{"country": p.Country, "simulated": strconv.Itoa(int(p.Simulated)), "from": from.UTC().Format(time.DateTime),
		"level": counted.Level, "categories": arrayOf(counted.Categories, quoteText)}
	rows, err := awaited(clickhouse.Context(ctx, clickhouse.WithParameters(params)), s, func(r *row) []any {
		return []any{&r.Hour, &r.AllClients, &r.Clients, &r.Exporters, &r.tools, &r.people}
	}, statements.WatchedHours)
	hours := make([]WatchedHour, len(rows))
	for i, r := range rows {
		hours[i] = r.WatchedHour
		hours[i].Tools = make(map[string]uint64, len(r.tools))
		for k, tool := range r.tools {
			hours[i].Tools[tool] = r.people[k]
		}
	}
	return hours, explain(s.name, err)
}

// WatchStates gives what the detectors of a place and step remember.
func (s *Store) WatchStates(ctx context.Context, p WatchedPlace, step string) ([]WatchState, error) {
	params := clickhouse.Parameters{"country": p.Country, "step": step, "simulated": strconv.Itoa(int(p.Simulated))}
	states, err := awaited(clickhouse.Context(ctx, clickhouse.WithParameters(params)), s, func(w *WatchState) []any {
		w.Country, w.Step, w.Simulated = p.Country, step, p.Simulated
		return []any{&w.Series, &w.Until, &w.State}
	}, statements.WatchStates)
	return states, explain(s.name, err)
}

// PutWatchStates replaces what detectors remember.
func (s *Store) PutWatchStates(ctx context.Context, states []WatchState) error {
	type row struct {
		Country   string `json:"country"`
		Step      string `json:"step"`
		Simulated uint8  `json:"simulated"`
		Series    string `json:"series"`
		Until     string `json:"until"`
		State     string `json:"state"`
	}
	rows := make([]row, len(states))
	for i, w := range states {
		rows[i] = row{w.Country, w.Step, w.Simulated, w.Series, w.Until.UTC().Format(time.DateTime), w.State}
	}
	return put(ctx, s, "watch_states", rows)
}

// Alarms gives the alarms that are on, and those raised or ended since a time, in the order of raising.
func (s *Store) Alarms(ctx context.Context, since time.Time) ([]Alarm, error) {
	params := clickhouse.Parameters{"since": since.UTC().Format(time.DateTime)}
	alarms, err := awaited(clickhouse.Context(ctx, clickhouse.WithParameters(params)), s, func(a *Alarm) []any {
		return []any{&a.ID, &a.Country, &a.ASN, &a.Tool, &a.Service, &a.Kind, &a.Step, &a.Simulated, &a.Began, &a.Raised, &a.Ended,
			&a.Z, &a.Clients, &a.Expected, &a.Within, &a.Title, &a.Text}
	}, statements.AlarmRows)
	return alarms, explain(s.name, err)
}

// PutAlarms replaces the alarms of these ids.
func (s *Store) PutAlarms(ctx context.Context, alarms []Alarm) error {
	type row struct {
		Alarm
		Began  string  `json:"began"`
		Raised string  `json:"raised"`
		Ended  *string `json:"ended"`
	}
	rows := make([]row, len(alarms))
	for i, a := range alarms {
		rows[i] = row{Alarm: a, Began: a.Began.UTC().Format(time.DateTime), Raised: a.Raised.UTC().Format(time.DateTime)}
		if a.Ended != nil {
			ended := a.Ended.UTC().Format(time.DateTime)
			rows[i].Ended = &ended
		}
	}
	return put(ctx, s, "alarms", rows)
}

// AlarmNotices gives who was told of some alarms, in the order in which the store was told.
func (s *Store) AlarmNotices(ctx context.Context, ids []string) ([]AlarmNotice, error) {
	params := clickhouse.Parameters{"alarms": arrayOf(ids, quoteText)}
	type row struct {
		AlarmNotice
		at int64
	}
	rows, err := awaited(clickhouse.Context(ctx, clickhouse.WithParameters(params)), s, func(n *row) []any {
		return []any{&n.Alarm, &n.About, &n.Subscription, &n.State, &n.Owner, &n.at}
	}, statements.AlarmNotices)
	notices := make([]AlarmNotice, len(rows))
	for i, r := range rows {
		notices[i] = r.AlarmNotice
		notices[i].At = time.Unix(0, r.at).UTC()
	}
	return notices, explain(s.name, err)
}

// PutAlarmNotices adds notices, owned by this program.
func (s *Store) PutAlarmNotices(ctx context.Context, notices []AlarmNotice) error {
	rows := make([]map[string]string, len(notices))
	for i, n := range notices {
		rows[i] = map[string]string{"alarm": n.Alarm, "about": n.About, "subscription": n.Subscription, "state": n.State, "owner": s.owner}
	}
	return put(ctx, s, "alarm_notices", rows)
}

// WatchedDay is what a day of one network (in the named query use_by_network_day) or of one service (service_users) counts.
type WatchedDay struct {
	Day       string `json:"day"` // 2006-01-02
	ASN       uint32 `json:"asn"`
	Service   string `json:"service"`
	Clients   uint64 `json:"clients"` // that used something, or that the service answered
	Simulated uint8  `json:"simulated"`
}

// WatchedDays asks a named query about the days of a place from one on.
func (s *Store) WatchedDays(ctx context.Context, query string, p WatchedPlace, from time.Time) ([]WatchedDay, error) {
	var text bytes.Buffer
	err := s.Query(ctx, query, map[string]string{"country": p.Country, "from": from.UTC().Format(time.DateOnly)}, &text, JSON)
	if err != nil {
		return nil, err
	}
	var days, kept []WatchedDay
	if err := json.Unmarshal(text.Bytes(), &days); err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	for _, d := range days {
		if d.Simulated == p.Simulated {
			kept = append(kept, d)
		}
	}
	return kept, nil
}
