package events

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBuiltInCatalogue(t *testing.T) {
	list, err := CheckPath("")
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]Event{}
	for _, e := range list {
		byID[e.ID] = e
	}
	ru := byID["ru-telegram-2018-enforcement"]
	if ru.Date().Format(time.DateOnly) != "2018-04-16" || ru.Announced().Format(time.DateOnly) != "2018-04-13" || ru.Kind != Enforce {
		t.Errorf("ru-telegram-2018-enforcement: %+v", ru)
	}
	for _, id := range []string{"ru-telegram-2018-court", "ru-linkedin-2016-enforcement", "ir-internet-2019-11"} {
		if _, ok := byID[id]; !ok {
			t.Errorf("%s is missing", id)
		}
	}
	for _, e := range list {
		for _, c := range e.Claims {
			if c.Source == "" {
				t.Errorf("%s: a claim without source", e.ID)
			}
		}
	}
}

// Each event names the address of what was read of it, and one of high confidence also who measured it.
func TestSourcesCanBeLookedUp(t *testing.T) {
	measured := regexp.MustCompile(`NetBlocks|OONI|Turkey Blocks|OpenDNS|OpenNet|Cloudflare|IODA|Kentik|Dyn\b|Renesys|Arbor|Akamai|BGPmon|ThousandEyes|Oracle|` +
		`Citizen Lab|Censored Planet|GreatFire|Google|Tor Project|net4people|in Filtro|Pulse|measured|own data`)
	list, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		read := slices.DeleteFunc(slices.Clone(e.Sources), func(source string) bool { return !strings.Contains(source, "://") })
		if len(read) == 0 {
			t.Errorf("%s: no address among %q", e.ID, e.Sources)
		}
		if e.Confidence == "high" && !measured.MatchString(strings.Join(append(read, e.Notes), " ")) {
			t.Errorf("%s: high confidence, but nobody is named who measured it", e.ID)
		}
	}
}

// What the documents say of the built-in catalogue's size is what it has.
func TestDocumentsCountTheCatalogue(t *testing.T) {
	list, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	countries, graded, written := map[string]bool{}, map[string]int{}, map[string]int{}
	ended, unread := 0, 0
	for _, e := range list {
		countries[e.Country] = true
		graded[e.Confidence]++
		written[e.Precision]++
		if e.EndedAt != "" {
			ended++
		}
		if slices.ContainsFunc(e.Sources, func(source string) bool { return !strings.Contains(source, "://") }) {
			unread++
		}
	}
	if graded["low"] != 0 {
		t.Errorf("%d events are low", graded["low"])
	}
	size := fmt.Sprintf("%d events in %d countries", len(list), len(countries))
	for page, phrases := range map[string][]string{
		"CHANGELOG.md": {size},
		"docs/explanation/catalogue.md": {size,
			fmt.Sprintf("to the hour (%d events), the day (%d) or the month (%d)", written["hour"], written["day"], written["month"]),
			fmt.Sprintf("was found (%d events)", ended), fmt.Sprintf("(%d events have such", unread),
			fmt.Sprintf("%d events are `high`", graded["high"]), fmt.Sprintf("%d are `medium`", graded["medium"])},
		"docs/explanation/statistics.md": {fmt.Sprintf("of the %d events of the catalogue", len(list))},
		"docs/what-bans-do.md": {fmt.Sprintf("With %d, searched for", len(list)),
			fmt.Sprintf("the %d events (tor-bridge-users)", len(list)), fmt.Sprintf("the %d events (tor-direct-users)", len(list))},
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		for _, phrase := range phrases {
			if !strings.Contains(string(text), phrase) {
				t.Errorf("%s does not say %q", page, phrase)
			}
		}
	}
}

func TestReadCSV(t *testing.T) {
	list, err := ReadCSV(strings.NewReader("id,country,target,kind,announced_at,enforced_at,ended_at\n" +
		"a,RU,Telegram,ban / throttle,2018-04-13,2018-04-16,\nb,ir,Internet,shutdown,,2019-11-16,2019-11-23\nc,br,WhatsApp,court,2016-05-02,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(list); err != nil {
		t.Fatal(err)
	}
	if a := list[0]; a.Country != "ru" || a.Kind != Enforce || a.Date().Format(time.DateOnly) != "2018-04-16" || a.Precision != "day" {
		t.Errorf("a: %+v", a)
	}
	if list[1].TargetType != "internet" || list[2].Date().Format(time.DateOnly) != "2016-05-02" {
		t.Errorf("b, c: %+v", list[1:])
	}
}

func TestCheck(t *testing.T) {
	good := Event{ID: "xx-a", Country: "xx", Target: "T", TargetType: "messenger", Kind: Enforce, EnforcedAt: "2018-04-16",
		Precision: "day", TZ: "UTC", Sources: []string{"s"}, Confidence: "low"}
	change := func(f func(*Event)) []Event {
		e := good
		f(&e)
		return []Event{e}
	}
	for _, c := range []struct {
		want string
		list []Event
	}{
		{"", []Event{good}},
		{"used twice", []Event{good, good}},
		{"want letters", change(func(e *Event) { e.ID = "a b" })},
		{"ISO 3166-1", change(func(e *Event) { e.Country = "Russia" })},
		{"it is gb", change(func(e *Event) { e.Country = "uk" })},
		{"no such code", change(func(e *Event) { e.Country = "el" })},
		{"want one of", change(func(e *Event) { e.Kind = "rumour" })},
		{"neither", change(func(e *Event) { e.EnforcedAt = "" })},
		{"want YYYY-MM-DD", change(func(e *Event) { e.EnforcedAt = "16.4.2018" })},
		{"written to the day", change(func(e *Event) { e.Precision = "hour" })},
		{"IANA", change(func(e *Event) { e.TZ = "Mars/Olympus" })},
		{"is before announced_at", change(func(e *Event) { e.AnnouncedAt = "2018-04-20" })},
		{"ended_at 2018-04-01", change(func(e *Event) { e.EndedAt = "2018-04-01" })},
		{"", change(func(e *Event) { e.Doses = []Dose{{"", 3, Networks, "s"}, {"2018-04-17", -2e6, Addresses, "s"}} })},
		{"dose in \"packets\": want one of", change(func(e *Event) { e.Doses = []Dose{{"", 3, "packets", "s"}} })},
		{"dose of \"2018-04\": want a day", change(func(e *Event) { e.Doses = []Dose{{"2018-04", 3, Addresses, "s"}} })},
		{"before the event's date", change(func(e *Event) { e.Doses = []Dose{{"2018-04-15", 3, Addresses, "s"}} })},
		{"has no source", change(func(e *Event) { e.Doses = []Dose{{"", 3, Addresses, ""}} })},
		{"want a number", change(func(e *Event) { e.Doses = []Dose{{"", math.NaN(), Addresses, "s"}} })},
		{"not in the catalogue", change(func(e *Event) { e.Overlaps = []string{"xx-b"} })},
		{"does not overlap it", append(change(func(e *Event) { e.Overlaps = []string{"xx-b"} }), change(func(e *Event) { e.ID = "xx-b" })...)},
	} {
		err := Check(c.list)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	const ok = "events:\n- {id: xx-a, country: xx, target: T, target_type: messenger, kind: enforce, enforced_at: \"2018-04-16\", precision: day, tz: UTC, sources: [s], confidence: low}\n"
	for _, good := range []string{ok, strings.Replace(ok, "tz: UTC", "tz: UTC, order: xx-1, doses: [{date: 2018-04-17, amount: -2.5, unit: addresses, source: s}]", 1)} {
		if err := validate([]byte(good)); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"", "events: []", strings.Replace(ok, "kind: enforce", "kind: rumour", 1),
		strings.Replace(ok, "sources: [s], ", "", 1), strings.Replace(ok, "tz: UTC", "tz: UTC, typo: 1", 1),
		strings.Replace(ok, "2018-04-16", "16.4.2018", 1), strings.Replace(ok, "tz: UTC", "tz: UTC, doses: [{amount: 1, unit: packets, source: s}]", 1),
		strings.Replace(ok, "tz: UTC", "tz: UTC, doses: [{amount: 1, unit: addresses}]", 1)} {
		if validate([]byte(bad)) == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
}

// TestOwnEventsJoinTheBuiltInOnes reads a file of one's own with the built-in catalogue, in
// every form that a catalogue is written in.
func TestOwnEventsJoinTheBuiltInOnes(t *testing.T) {
	builtIn, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	own := Event{ID: "kz-own-2026", Country: "kz", Target: "T", TargetType: "messenger", Kind: Enforce, EnforcedAt: "2026-11-01",
		Precision: "day", TZ: "UTC", Sources: []string{"s"}, Confidence: "low"}
	asJSON, err := json.Marshal([]Event{own})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"own.yaml": "events:\n- {id: kz-own-2026, country: kz, target: T, target_type: messenger, kind: enforce, enforced_at: 2026-11-01, precision: day, tz: UTC, sources: [s], confidence: low}\n",
		"own.csv":  "id,country,target,kind,announced_at,enforced_at,ended_at\nkz-own-2026,kz,T,ban,,2026-11-01,\n",
		"own.json": string(asJSON),
		"saved":    string(asJSON),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := CheckPath("builtin, " + path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := Diff(builtIn, list); len(d.Added) != 1 || d.Added[0] != own.ID || len(d.Removed)+len(d.Changed) > 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	everything, err := json.Marshal(builtIn)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "all.json")
	if err := os.WriteFile(path, everything, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := Load(path)
	if d := Diff(builtIn, list); err != nil || len(d.Added)+len(d.Removed)+len(d.Changed) > 0 {
		t.Errorf("what is printed reads back as %+v, %v", d, err)
	}
}

func TestDiff(t *testing.T) {
	a, b, c := Event{ID: "a"}, Event{ID: "b"}, Event{ID: "c"}
	moved := Event{ID: "b", EnforcedAt: "2018-04-17"}
	got := Diff([]Event{a, b}, []Event{moved, c})
	if strings.Join(got.Added, " ") != "c" || strings.Join(got.Removed, " ") != "a" || strings.Join(got.Changed, " ") != "b" {
		t.Errorf("%+v", got)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("id,country,target,kind,announced_at,enforced_at,ended_at\na,ru,T,ban,2018-04-13,2018-04-16,\n")
	f.Add("country,id\nru,a\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ReadCSV(strings.NewReader(text))
		if err != nil || Check(list) != nil {
			return
		}
		for _, e := range list {
			if e.Date().IsZero() {
				t.Fatalf("no date: %+v", e)
			}
		}
	})
}

func TestAdd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	e := Event{ID: "kz-signal-2026", Country: "kz", Target: "Signal", TargetType: "messenger", Kind: Enforce, EnforcedAt: "2026-11-01",
		TZ: "Asia/Almaty", Sources: []string{"s: https://example.org"}, Confidence: "low"}
	if err := Add(path, e); err != nil {
		t.Fatal(err)
	}
	second := e
	second.ID, second.EnforcedAt = "kz-signal-2026-again", "2026-11-03T09:00"
	if err := Add(path, second); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wrong := e
	wrong.ID, wrong.Country = "kz-wrong", "uk"
	for _, refused := range []Event{e, wrong} {
		if Add(path, refused) == nil {
			t.Errorf("%s was added", refused.ID)
		}
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("a refused event changed the file: %v\n%s", err, after)
	}
	list, err := CheckPath(path)
	if err != nil || len(list) != 2 || list[0].Precision != "day" || list[1].Precision != "hour" {
		t.Errorf("%v: %+v", err, list)
	}
}

// TestOnsetTime reads times of day in the event's zone, and none where only the day is known.
func TestOnsetTime(t *testing.T) {
	for _, test := range []struct{ written, zone, want string }{
		{"2016-11-04T01:20", "Europe/Istanbul", "2016-11-03T22:20:00Z"},
		{"2026-01-08T20:00", "Asia/Tehran", "2026-01-08T16:30:00Z"},
		{"2019-04-30 15:04", "America/Caracas", "2019-04-30T19:04:00Z"},
		{"2019-04-30T15:04:00+02:00", "America/Caracas", "2019-04-30T13:04:00Z"},
		{"2018-04-16", "Europe/Moscow", ""},
		{"2018-04", "Europe/Moscow", ""},
		{"", "Europe/Moscow", ""},
	} {
		got := ""
		if at, known := (Event{EnforcedAt: test.written, TZ: test.zone}).OnsetTime(); known {
			got = at.Format(time.RFC3339)
		}
		if got != test.want {
			t.Errorf("%s in %s is %q, want %q", test.written, test.zone, got, test.want)
		}
		if end, known := (Event{EndedAt: test.written, TZ: test.zone}).EndTime(); known != (test.want != "") || known && end.Format(time.RFC3339) != test.want {
			t.Errorf("as an end, %s in %s is %s (%v)", test.written, test.zone, end, known)
		}
	}
}

// TestDosesByDay lists doses, and counts what is named where none is listed.
func TestDosesByDay(t *testing.T) {
	first, second := time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC), time.Date(2018, 4, 17, 0, 0, 0, 0, time.UTC)
	listed := []Dose{{"", 2.5e6, Addresses, "s"}, {"2018-04-17", 13.5e6, Addresses, "s"}}
	named := func(n float64, u Unit) Dose { return Dose{"", n, u, "named in the catalogue"} }
	for name, c := range map[string]struct {
		event Event
		want  map[time.Time][]Dose
	}{
		"listed, and a service": {Event{Target: "Telegram", TargetType: "messenger", Kind: Enforce, Doses: listed},
			map[time.Time][]Dose{first: {listed[0], named(1, Services)}, second: {listed[1]}}},
		"services and networks": {Event{Target: "One, Two and Three", TargetType: "messenger", Kind: Throttle, ISPs: []string{"a", "b"}},
			map[time.Time][]Dose{first: {named(2, Networks), named(3, Services)}}},
		"lifted": {Event{Target: "One; Two", TargetType: "messenger", Kind: Unblock}, map[time.Time][]Dose{first: {named(-2, Services)}}},
		"listed before named": {Event{Target: "social media", TargetType: "social_media", Kind: Enforce, Doses: []Dose{{"", 12, Services, "s"}}},
			map[time.Time][]Dose{first: {{"", 12, Services, "s"}}}},
		"the Internet is no service": {Event{Target: "Internet", TargetType: "internet", Kind: Shutdown}, map[time.Time][]Dose{}},
		"a court blocks nothing":     {Event{Target: "Telegram", TargetType: "messenger", Kind: Court}, map[time.Time][]Dose{}},
	} {
		c.event.EnforcedAt = "2018-04-16"
		if got := c.event.DosesByDay(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for want, got := range map[string]string{"12,000,000 addresses": Addresses.Amount(12e6), "1 address": Addresses.Amount(1), "-1 service": Services.Amount(-1), "2.5 % of the users": Users.Amount(2.5)} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
