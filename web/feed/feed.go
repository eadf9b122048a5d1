// Package feed writes entries of an overview as feeds that readers subscribe to. It reads no clock: the same entries
// are the same bytes.
package feed

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"strings"

	"github.com/banshift/banshift/study/account"
)

// Most is how many entries a feed has: readers keep what they have seen.
const Most = 200

type object = map[string]any

// address is where an entry is seen.
func address(base string, e account.Entry) string {
	view := url.Values{"country": {e.Country}}
	if e.Event != "" {
		view.Set("days", e.Event)
	}
	return base + "?" + view.Encode()
}

func identity(e account.Entry) string { return "urn:banshift:" + e.ID }

// Effects are what studies say of events, by their ids.
type Effects map[string]account.Headline

// of is what is said of an entry: of a spike nothing, it is attributed to no event.
func (f Effects) of(e account.Entry) (account.Headline, bool) {
	h, known := f[e.Event]
	return h, known && e.Kind == account.EventEntry
}

// words are an entry's text, and behind it the sentence of its study with the grade.
func (f Effects) words(e account.Entry) string {
	var parts []string
	if e.Simulated {
		parts = append(parts, "Simulated data.")
	}
	if e.Text != "" {
		parts = append(parts, e.Text)
	}
	if h, known := f.of(e); known {
		parts = append(parts, h.Sentence(), h.Grade.Words()+": "+h.Grade.Meaning()+".")
	}
	return strings.Join(parts, " ")
}

// effect is what a study says, as an item of a JSON feed has it: in percent, null where it is unknown.
type effect struct {
	EffectPct account.Number `json:"effect_pct"`
	LowPct    account.Number `json:"low_pct"`
	HighPct   account.Number `json:"high_pct"`
	Level     float64        `json:"level"` // of the interval
	Grade     account.Grade  `json:"grade"`
}

const feedTitle = "banshift: spikes and bans"

type atomLink struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr,omitempty"`
}

type atomEntry struct {
	ID      string    `xml:"id"`
	Title   string    `xml:"title"`
	Updated string    `xml:"updated"`
	Link    *atomLink `xml:"link"`
	Graded  *category `xml:"category"`
	Summary string    `xml:"summary"`
}

// category is what an entry is filed under: the grade of its study.
type category struct {
	Scheme string `xml:"scheme,attr"`
	Term   string `xml:"term,attr"`
	Label  string `xml:"label,attr"`
}

// Atom writes entries as RFC 4287 with what studies say of them; base is where the page is; empty: there is none. An entry is as old
// as the day it is about: no clock is read.
func Atom(entries []account.Entry, effects Effects, base string) ([]byte, error) {
	feed := struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}{ID: "urn:banshift:feed", Title: feedTitle, Author: "banshift"}
	if base != "" {
		feed.Links = []atomLink{{base + "feed.atom", "self"}, {base, "alternate"}}
	}
	for _, e := range entries {
		feed.Updated = max(feed.Updated, e.Date)
		entry := atomEntry{ID: identity(e), Title: e.Title, Updated: e.Date + "T00:00:00Z", Summary: effects.words(e)}
		if base != "" {
			entry.Link = &atomLink{Href: address(base, e)}
		}
		if h, known := effects.of(e); known {
			entry.Graded = &category{"urn:banshift:grade", string(h.Grade), h.Grade.Words()}
		}
		feed.Entries = append(feed.Entries, entry)
	}
	feed.Updated = cmp.Or(feed.Updated, "1970-01-01") + "T00:00:00Z"
	body, err := xml.MarshalIndent(feed, "", " ")
	return append([]byte(xml.Header), body...), err
}

// JSON writes entries as JSON Feed 1.1, with the numbers of studies under "_banshift".
func JSON(entries []account.Entry, effects Effects, base string) ([]byte, error) {
	items := []object{}
	for _, e := range entries {
		item := object{"id": identity(e), "title": e.Title, "content_text": cmp.Or(effects.words(e), e.Title),
			"date_published": e.Date + "T00:00:00Z", "tags": []string{string(e.Kind), e.Country}}
		if base != "" {
			item["url"] = address(base, e)
		}
		if h, known := effects.of(e); known {
			item["_banshift"] = effect{h.EffectPct, h.Interval.Low, h.Interval.High, h.Interval.Level, h.Grade}
		}
		items = append(items, item)
	}
	feed := object{"version": "https://jsonfeed.org/version/1.1", "title": feedTitle, "items": items}
	if base != "" {
		feed["home_page_url"], feed["feed_url"] = base, base+"feed.json"
	}
	return json.MarshalIndent(feed, "", " ")
}
