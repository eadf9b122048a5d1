package events

import (
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
		{"want one of", change(func(e *Event) { e.Kind = "rumour" })},
		{"neither", change(func(e *Event) { e.EnforcedAt = "" })},
		{"want YYYY-MM-DD", change(func(e *Event) { e.EnforcedAt = "16.4.2018" })},
		{"written to the day", change(func(e *Event) { e.Precision = "hour" })},
		{"IANA", change(func(e *Event) { e.TZ = "Mars/Olympus" })},
		{"is before announced_at", change(func(e *Event) { e.AnnouncedAt = "2018-04-20" })},
		{"ended_at 2018-04-01", change(func(e *Event) { e.EndedAt = "2018-04-01" })},
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
	if err := validate([]byte(ok)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "events: []", strings.Replace(ok, "kind: enforce", "kind: rumour", 1),
		strings.Replace(ok, "sources: [s], ", "", 1), strings.Replace(ok, "tz: UTC", "tz: UTC, typo: 1", 1),
		strings.Replace(ok, "2018-04-16", "16.4.2018", 1)} {
		if validate([]byte(bad)) == nil {
			t.Errorf("accepted: %s", bad)
		}
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
