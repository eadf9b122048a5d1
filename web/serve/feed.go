package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/banshift/banshift/study/account"
)

// feedMost is how many entries a feed has: readers keep what they have seen.
const feedMost = 200

// overview gives the overview, or the one of a moment ago.
func (s *server) overview(ctx context.Context) ([]byte, error) {
	return s.answers.get(ctx, "overview", func(ctx context.Context) ([]byte, error) {
		done, err := s.turn(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		made, err := s.Overview(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(made)
	})
}

func (s *server) overviewJSON() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := s.overview(r.Context())
		s.give(w, r, body, err)
	}
}

// feed answers with the latest entries, as encode writes them.
func (s *server) feed(kind string, encode func(entries []account.Entry, base string) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := s.overview(r.Context())
		var o account.Overview
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		var body []byte
		if err == nil {
			body, err = encode(o.Feed[:min(len(o.Feed), feedMost)], "http://"+r.Host+"/")
		}
		s.giveAs(w, r, kind, body, err)
	}
}

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
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
	Summary string   `xml:"summary"`
}

// atom writes entries as RFC 4287. An entry is as old as the day it is about: no clock is read.
func atom(entries []account.Entry, base string) ([]byte, error) {
	feed := struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}{ID: "urn:banshift:feed", Title: feedTitle, Author: "banshift", Links: []atomLink{{base + "feed.atom", "self"}, {base, "alternate"}}}
	for _, e := range entries {
		feed.Updated = max(feed.Updated, e.Date)
		feed.Entries = append(feed.Entries, atomEntry{identity(e), e.Title, e.Date + "T00:00:00Z", atomLink{Href: address(base, e)}, words(e)})
	}
	feed.Updated = cmp.Or(feed.Updated, "1970-01-01") + "T00:00:00Z"
	body, err := xml.MarshalIndent(feed, "", " ")
	return append([]byte(xml.Header), body...), err
}

// jsonFeed writes entries as JSON Feed 1.1.
func jsonFeed(entries []account.Entry, base string) ([]byte, error) {
	items := []object{}
	for _, e := range entries {
		items = append(items, object{"id": identity(e), "url": address(base, e), "title": e.Title, "content_text": cmp.Or(words(e), e.Title),
			"date_published": e.Date + "T00:00:00Z", "tags": []string{string(e.Kind), e.Country}})
	}
	return json.MarshalIndent(object{"version": "https://jsonfeed.org/version/1.1", "title": feedTitle,
		"home_page_url": base, "feed_url": base + "feed.json", "items": items}, "", " ")
}
