package feed

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/study/account"
)

var (
	ban     = account.Entry{ID: "event:ru-x-2018", Kind: account.EventEntry, Country: "ru", Date: "2018-04-16", Title: "X blocked in Russia", Text: "By a court's order.", Event: "ru-x-2018"}
	spiked  = account.Entry{ID: "spike:ru:use:2018-04-16:up", Kind: account.SpikeEntry, Country: "ru", Date: "2018-04-16", Title: "Use in Russia rose", Text: "For a week.", Event: "ru-x-2018", Simulated: true}
	unknown = account.Entry{ID: "event:ua-y-2018", Kind: account.EventEntry, Country: "ua", Date: "2018-03-05", Title: "Y blocked in Ukraine", Event: "ua-y-2018"}
)

func effects() Effects {
	day := time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
	return Effects{
		"ru-x-2018": {Measure: "Use", Place: "Russia", From: day, To: day.AddDate(0, 0, 6), EffectPct: 25.07, Interval: account.Interval{Low: 13.4, High: 37.7, Level: .95},
			Direction: account.Up, Grade: account.Supported},
		"ua-y-2018": {Measure: "Use", Place: "Ukraine", From: day, To: day.AddDate(0, 0, 6), EffectPct: account.Unknown(), Interval: account.Interval{Low: account.Unknown(), High: account.Unknown(), Level: .95},
			Grade: account.Insufficient},
	}
}

// TestEffectsOfEvents looks for effect, interval and grade of events, and for none of a spike.
func TestEffectsOfEvents(t *testing.T) {
	text, err := JSON([]account.Entry{ban, spiked, unknown}, effects(), "http://127.0.0.1/")
	if err != nil {
		t.Fatal(err)
	}
	var feed struct {
		Items []struct {
			Text   string          `json:"content_text"`
			Effect json.RawMessage `json:"_banshift"`
		}
	}
	if err := json.Unmarshal(text, &feed); err != nil || len(feed.Items) != 3 {
		t.Fatal(err, string(text))
	}
	for i, want := range []struct{ text, effect string }{
		{"By a court's order. Use in Russia rose by 25\u00a0% (95\u00a0% interval 13 to 38) in the week from 16\u00a0April\u00a02018. Supported: the change is there",
			`{"effect_pct":25.07,"low_pct":13.4,"high_pct":37.7,"level":0.95,"grade":"supported"}`},
		{"Simulated data. For a week.", ""},
		{"It cannot be said whether Use in Ukraine changed", `{"effect_pct":null,"low_pct":null,"high_pct":null,"level":0.95,"grade":"insufficient"}`},
	} {
		got := feed.Items[i]
		var plain bytes.Buffer
		if len(got.Effect) > 0 {
			if err := json.Compact(&plain, got.Effect); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.HasPrefix(got.Text, want.text) || plain.String() != want.effect {
			t.Errorf("item %d: %q and %s, want %q and %s", i, got.Text, &plain, want.text, want.effect)
		}
	}
}

// TestAtomEntries reads what is written as a feed reader would.
func TestAtomEntries(t *testing.T) {
	text, err := Atom([]account.Entry{ban, spiked}, effects(), "http://127.0.0.1/")
	if err != nil {
		t.Fatal(err)
	}
	var feed struct {
		Entries []struct {
			Summary  string `xml:"summary"`
			Category []struct {
				Term string `xml:"term,attr"`
			} `xml:"category"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(text, &feed); err != nil || len(feed.Entries) != 2 {
		t.Fatal(err, string(text))
	}
	if e := feed.Entries[0]; !strings.Contains(e.Summary, "rose by 25") || len(e.Category) != 1 || e.Category[0].Term != "supported" {
		t.Errorf("the ban is %+v", e)
	}
	if e := feed.Entries[1]; strings.Contains(e.Summary, "25") || len(e.Category) != 0 {
		t.Errorf("the spike is %+v: it is attributed to no event", e)
	}
	if without, err := Atom([]account.Entry{ban}, nil, ""); err != nil || strings.Contains(string(without), "category") {
		t.Errorf("without studies: %v %s", err, without)
	}
}
