// Package feed writes entries of an overview as feeds that readers subscribe to. It reads no clock: the same entries
// are the same bytes.
package feed

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/url"

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

func words(e account.Entry) string {
	if e.Simulated {
		return "Simulated data. " + e.Text
	}
	return e.Text
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
	Summary string    `xml:"summary"`
}

// Atom writes entries as RFC 4287, base is where the page is; empty: there is none. An entry is as old as the day it is about: no clock is read.
func Atom(entries []account.Entry, base string) ([]byte, error) {
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
		entry := atomEntry{ID: identity(e), Title: e.Title, Updated: e.Date + "T00:00:00Z", Summary: words(e)}
		if base != "" {
			entry.Link = &atomLink{Href: address(base, e)}
		}
		feed.Entries = append(feed.Entries, entry)
	}
	feed.Updated = cmp.Or(feed.Updated, "1970-01-01") + "T00:00:00Z"
	body, err := xml.MarshalIndent(feed, "", " ")
	return append([]byte(xml.Header), body...), err
}

// JSON writes entries as JSON Feed 1.1.
func JSON(entries []account.Entry, base string) ([]byte, error) {
	items := []object{}
	for _, e := range entries {
		item := object{"id": identity(e), "title": e.Title, "content_text": cmp.Or(words(e), e.Title),
			"date_published": e.Date + "T00:00:00Z", "tags": []string{string(e.Kind), e.Country}}
		if base != "" {
			item["url"] = address(base, e)
		}
		items = append(items, item)
	}
	feed := object{"version": "https://jsonfeed.org/version/1.1", "title": feedTitle, "items": items}
	if base != "" {
		feed["home_page_url"], feed["feed_url"] = base, base+"feed.json"
	}
	return json.MarshalIndent(feed, "", " ")
}
