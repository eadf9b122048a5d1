package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/watch/deliver"
)

// memoryStore is a store in memory, with a clock of its own.
type memoryStore struct {
	owner   string
	now     time.Time
	hours   map[string][]load.WatchedHour
	daily   []load.Day
	days    map[string][]load.WatchedDay // by query
	counted time.Duration                // after the end of the last hour
	states  map[string]load.WatchState
	alarms  map[string]load.Alarm
	notices []load.AlarmNotice
	read    int // hours and days that were asked for
}

func newStore() *memoryStore {
	return &memoryStore{owner: "a", hours: map[string][]load.WatchedHour{}, days: map[string][]load.WatchedDay{}, states: map[string]load.WatchState{}, alarms: map[string]load.Alarm{}, counted: 100 * time.Hour}
}

func (s *memoryStore) WatchedPlaces(context.Context) (places []load.WatchedPlace, _ error) {
	for country, hours := range s.hours {
		last := hours[len(hours)-1].Hour
		places = append(places, load.WatchedPlace{Country: country, Last: last, Counted: last.Add(s.counted)})
	}
	return places, nil
}

func (s *memoryStore) WatchedHours(_ context.Context, p load.WatchedPlace, from time.Time) ([]load.WatchedHour, error) {
	kept := slices.DeleteFunc(slices.Clone(s.hours[p.Country]), func(h load.WatchedHour) bool { return h.Hour.Before(from) })
	s.read += len(kept)
	return kept, nil
}

func (s *memoryStore) Daily(_ context.Context, params map[string]string) ([]load.Day, error) {
	return slices.DeleteFunc(slices.Clone(s.daily), func(d load.Day) bool {
		return d.Country != params["country"] || d.Day.Format(time.DateOnly) < params["from"]
	}), nil
}

func (s *memoryStore) WatchedDays(_ context.Context, query string, _ load.WatchedPlace, from time.Time) ([]load.WatchedDay, error) {
	return slices.DeleteFunc(slices.Clone(s.days[query]), func(d load.WatchedDay) bool { return d.Day < from.Format(time.DateOnly) }), nil
}

func (s *memoryStore) WatchStates(_ context.Context, p load.WatchedPlace, step string) (list []load.WatchState, _ error) {
	for _, w := range s.states {
		if w.Country == p.Country && w.Step == step {
			list = append(list, w)
		}
	}
	return list, nil
}

func (s *memoryStore) PutWatchStates(_ context.Context, states []load.WatchState) error {
	for _, w := range states {
		s.states[w.Country+w.Step+w.Series] = w
	}
	return nil
}

func (s *memoryStore) Alarms(_ context.Context, since time.Time) (list []load.Alarm, _ error) {
	for _, a := range s.alarms {
		if a.Ended == nil || !a.Raised.Before(since) || !a.Ended.Before(since) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b load.Alarm) int { return a.Raised.Compare(b.Raised) })
	return list, nil
}

func (s *memoryStore) PutAlarms(_ context.Context, alarms []load.Alarm) error {
	for _, a := range alarms {
		s.alarms[a.ID] = a
	}
	return nil
}

func (s *memoryStore) AlarmNotices(context.Context, []string) ([]load.AlarmNotice, error) {
	return slices.Clone(s.notices), nil
}

func (s *memoryStore) PutAlarmNotices(_ context.Context, notices []load.AlarmNotice) error {
	for _, n := range notices {
		n.Owner, n.At = s.owner, s.now
		s.notices = append(s.notices, n)
	}
	return nil
}

func (s *memoryStore) Owner() string { return s.owner }

// inbox is a channel that keeps what it is sent, or fails.
type inbox struct {
	fail bool
	got  []string
}

func (i *inbox) Send(_ context.Context, m deliver.Message) error {
	if i.fail {
		return errors.New("away")
	}
	var line []string
	for _, n := range m.Alarms {
		line = append(line, n.About+" "+n.Kind+" "+n.Tool+n.Service)
	}
	i.got = append(i.got, strings.Join(line, "; "))
	return nil
}

var first = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// course gives the hours of a country: users of one tool, of whom factor(h) times as many, and others.
func course(from, to int, users, rest float64, factor func(h int) float64) (hours []load.WatchedHour) {
	random := rand.New(rand.NewPCG(7, 7))
	for h := range to {
		daily := math.Exp(.3 * math.Sin(2*math.Pi*float64(h)/24))
		poisson := func(mean float64) uint64 {
			return uint64(max(0, math.Round(mean+math.Sqrt(mean)*random.NormFloat64())))
		}
		n, other := poisson(users*daily*factor(h)), poisson(rest*daily)
		if h >= from {
			hours = append(hours, load.WatchedHour{Hour: first.Add(time.Duration(h) * time.Hour), AllClients: n + other, Clients: n, Exporters: 10, Tools: map[string]uint64{"openvpn": n}})
		}
	}
	return hours
}

func watcherOf(s *memoryStore, subscriptions ...Subscription) *Watcher {
	return New(Options{Store: s, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Grace: 10 * time.Minute, Few: func(string) uint64 { return 20 },
		Subscriptions: subscriptions, Clock: func() time.Time { return s.now }})
}

func pass(t *testing.T, w *Watcher) []load.Alarm {
	t.Helper()
	raised, err := w.Pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return raised
}

func rising(h int) float64 {
	if h >= 40*24+14 && h < 45*24 {
		return 3
	}
	return 1
}

// However the hours come, in one pass or in many, by one program or by several, the alarms are the same: raised two hours
// after the onset, one of the country and one of the tool, and ended.
func TestPassesOfAnySizeAgree(t *testing.T) {
	want := ""
	for name, step := range map[string]int{"all at once": 47 * 24, "each hour": 1, "nine hours": 9} {
		s := newStore()
		all := course(0, 47*24, 100, 900, rising)
		s.hours["ru"] = all[:min(38*24, len(all))]
		if step > 1000 {
			s.hours["ru"] = all
		}
		w := watcherOf(s)
		pass(t, w)
		for n := len(s.hours["ru"]); n <= len(all); n += step {
			s.hours["ru"] = all[:n]
			if n%2 == 0 {
				w = watcherOf(s) // another program
			}
			before := s.read
			pass(t, w)
			if s.read-before > step+3 {
				t.Fatalf("%s: %d hours were read for %d new ones", name, s.read-before, step)
			}
		}
		s.hours["ru"] = all
		pass(t, w)
		var lines []string
		for _, a := range s.alarms {
			ended := "on"
			if a.Ended != nil {
				ended = a.Ended.Sub(first).String()
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %s %s within %v", a.Kind, a.Tool, a.Began.Sub(first), a.Raised.Sub(first), ended, a.Within != ""))
		}
		slices.Sort(lines)
		got := strings.Join(lines, "\n")
		if want == "" {
			want = got
			t.Log(got)
		}
		onset := time.Duration(40*24+14) * time.Hour
		if got != want || len(lines) != 2 || !strings.HasPrefix(lines[0], fmt.Sprintf("rise  %s %s ", onset, onset+2*time.Hour)) || strings.Contains(got, " on ") {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// An hour that has just ended is not judged, because records of it are still under way.
func TestHourIsFinishedAfterItsGrace(t *testing.T) {
	s := newStore()
	s.hours["ru"] = course(0, 40*24+17, 100, 900, rising) // hours 14 and 15 have ended, 16 has begun
	s.counted = 5 * time.Minute
	if raised := pass(t, watcherOf(s)); len(raised) != 0 {
		t.Errorf("raised %v five minutes after the hour", raised)
	}
	s.counted = 11 * time.Minute
	if raised := pass(t, watcherOf(s)); len(raised) != 2 {
		t.Errorf("raised %v eleven minutes after it", raised)
	}
}

// Sensors that fall silent, a change that everybody shares, and few clients raise no alarm.
func TestNoNews(t *testing.T) {
	for name, change := range map[string]func(h *load.WatchedHour){
		"sensors are lost": func(h *load.WatchedHour) { h.Exporters, h.Clients, h.AllClients = 3, h.Clients/4, h.AllClients/4 },
		"everybody is gone, the sensors report": func(h *load.WatchedHour) {
			rest := h.AllClients - h.Clients
			h.Clients /= 4
			h.AllClients = h.Clients + rest/4
		},
		"the hours are missing": func(h *load.WatchedHour) { h.Hour = time.Time{} },
	} {
		s := newStore()
		hours := course(0, 43*24, 100, 900, func(int) float64 { return 1 })
		for i := 40 * 24; i < 41*24; i++ {
			change(&hours[i])
			hours[i].Tools = map[string]uint64{"openvpn": hours[i].Clients}
		}
		s.hours["ru"] = slices.DeleteFunc(hours, func(h load.WatchedHour) bool { return h.Hour.IsZero() })
		if raised := pass(t, watcherOf(s)); len(raised) != 0 {
			t.Errorf("%s: %v", name, raised)
		}
	}
	s := newStore()
	s.hours["ru"] = course(0, 43*24, 3, 900, rising)
	if raised := pass(t, watcherOf(s)); len(raised) != 0 {
		t.Errorf("few clients: %v", raised)
	}
}

// No text and no row of an alarm tells of fewer clients than may be shown.
func TestAlarmsShowNoFewClients(t *testing.T) {
	for name, factor := range map[string]float64{"a drop to few": .05, "a rise from few": 12} {
		s := newStore()
		users := 60.
		if factor > 1 {
			users = 7
		}
		s.hours["ru"] = course(0, 41*24, users, 900, func(h int) float64 {
			if h >= 40*24 {
				return factor
			}
			return 1
		})
		raised := pass(t, watcherOf(s))
		if len(raised) == 0 {
			t.Errorf("%s: no alarm", name)
		}
		for _, a := range raised {
			if a.Clients%20 != 0 || a.Expected%20 != 0 || !strings.Contains(a.Text, "fewer than 20 clients") {
				t.Errorf("%s: %+v", name, a)
			}
		}
	}
}

// A service whose reach fell and came back is unblocked, a ban of weeks included; a rise of use by itself is none.
func TestUnblocking(t *testing.T) {
	for name, blocked := range map[string][2]int{"for a week": {50, 57}, "for six weeks": {50, 92}} {
		s := newStore()
		random := rand.New(rand.NewPCG(1, 5))
		w := watcherOf(s)
		var kinds []string
		for d := range 110 {
			at := first.AddDate(0, 0, d)
			reach := 500 + 20*random.NormFloat64()
			if d >= blocked[0] && d < blocked[1] {
				reach = 60 + 5*random.NormFloat64()
			}
			s.daily = append(s.daily, load.Day{Country: "ru", Day: at, Clients: uint64(200 + 10*random.NormFloat64()), AllClients: 3000, Fraction: 1})
			s.days["service_users"] = append(s.days["service_users"], load.WatchedDay{Day: at.Format(time.DateOnly), Service: "telegram", Clients: uint64(reach)})
			s.hours["ru"] = []load.WatchedHour{{Hour: at.Add(25 * time.Hour), AllClients: 100}}
			for _, a := range pass(t, w) {
				kinds = append(kinds, fmt.Sprintf("%s %s %d", a.Kind, a.Service, int(a.Raised.Sub(first).Hours()/24)))
			}
		}
		if len(kinds) != 2 || !strings.HasPrefix(kinds[0], "drop telegram 52") || !strings.HasPrefix(kinds[1], "unblocking telegram ") {
			t.Errorf("%s: %q", name, kinds)
		}
	}
}

// Each subscriber is told once of what he wants, in his hours, whoever tells, and again where he could not be reached.
func TestSubscribersAreTold(t *testing.T) {
	s := newStore()
	s.hours["ru"] = course(0, 40*24+17, 100, 900, rising)
	digestAt := 8 * time.Hour
	boxes := map[string]*inbox{}
	subscription := func(name string, change func(*Subscription)) Subscription {
		boxes[name] = &inbox{}
		of := Subscription{Name: name, Zone: time.UTC, Channels: []deliver.Channel{boxes[name]}}
		change(&of)
		return of
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	subscriptions := []Subscription{
		subscription("all", func(*Subscription) {}),
		subscription("tool", func(s *Subscription) { s.Tools = []string{"openvpn"} }),
		subscription("other tool", func(s *Subscription) { s.Tools = []string{"tor"} }),
		subscription("elsewhere", func(s *Subscription) { s.Countries = []string{"by"} }),
		subscription("drops", func(s *Subscription) { s.Kinds = []string{"drop"} }),
		subscription("quiet", func(s *Subscription) { s.Quiet = Hours{22 * time.Hour, 7 * time.Hour}; s.Zone = berlin }),
		subscription("digest", func(s *Subscription) {
			s.Digest = &digestAt
			s.Tools = []string{"openvpn"}
			s.Countries = []string{"ru"}
		}),
		subscription("away", func(*Subscription) {}),
	}
	boxes["away"].fail = true
	at := func(hour, minute int) {
		s.now = time.Date(2026, 7, 1, hour, minute, 0, 0, time.UTC)
		for range 2 { // two programs
			s.owner += "x"
			pass(t, watcherOf(s, subscriptions...))
		}
	}
	check := func(when string, want map[string]string) {
		t.Helper()
		for name, box := range boxes {
			if got := strings.Join(box.got, ", "); got != want[name] {
				t.Errorf("%s: %s was told %q, want %q", when, name, got, want[name])
			}
		}
	}
	const rose = "raised rise "
	at(3, 0) // five in Berlin
	check("at three", map[string]string{"all": rose, "tool": rose + "openvpn"})
	boxes["away"].fail = false
	at(3, 0)
	check("at once again", map[string]string{"all": rose, "tool": rose + "openvpn"})
	at(6, 0)
	check("at six", map[string]string{"all": rose, "tool": rose + "openvpn", "quiet": rose, "away": rose})
	at(9, 0)
	check("at nine", map[string]string{"all": rose, "tool": rose + "openvpn", "quiet": rose, "away": rose, "digest": rose + "openvpn"})
	for id, a := range s.alarms {
		if a.Tool == "" {
			if err := Acknowledge(t.Context(), s, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.hours["ru"] = course(0, 46*24, 100, 900, rising)
	at(10, 0)
	check("when it was over", map[string]string{"all": rose, "tool": rose + "openvpn, ended rise openvpn", "quiet": rose, "away": rose, "digest": rose + "openvpn"})
}

// What is remembered in a form that nobody knows begins anew.
func TestForeignStateBeginsAnew(t *testing.T) {
	s := newStore()
	s.hours["ru"] = course(0, 30*24, 100, 900, rising)
	pass(t, watcherOf(s))
	for k, v := range s.states {
		v.State = `{"detector":{"seen":3}}`
		s.states[k] = v
	}
	s.hours["ru"] = course(0, 40*24+17, 100, 900, rising)
	if raised := pass(t, watcherOf(s)); len(raised) != 2 {
		t.Errorf("raised %v", raised)
	}
}

// A pass comes on with each country's hours and days and with each message, and ends with its error.
func TestPassTellsItsProgress(t *testing.T) {
	s := newStore()
	s.hours["ru"], s.now = course(0, 40*24+17, 100, 900, rising), first.Add((40*24+17)*time.Hour)
	box := &inbox{}
	w := watcherOf(s, Subscription{Name: "all", Zone: time.UTC, Channels: []deliver.Channel{box}})
	begun, came := 0, 0
	ended := errors.New("it goes on")
	w.Working = func() (func(), func(error)) {
		begun++
		return func() { came++ }, func(err error) { ended = err }
	}
	pass(t, w)
	if want := 2 + len(box.got); begun != 1 || came != want || len(box.got) == 0 || ended != nil {
		t.Errorf("%d begun, came on %d times, want %d; %v", begun, came, want, ended)
	}
}
