package serve

import (
	"net/http"
	"regexp"

	"github.com/banshift/banshift/study/account"
)

// route is one address that a script may ask: what it takes, and what it answers. The
// handlers, the OpenAPI document and the page's own types are made from it.
type route struct {
	path    string
	says    string
	params  []string // that may be given, each once
	needs   string   // the one that must be given
	answer  any      // a value of the type of the answer
	query   string   // the named query that is asked; empty where handle answers
	handle  func(*server) http.HandlerFunc
	formats bool // whether the answer may be asked for as CSV and Parquet
}

// routes are everything that can be asked of the page's server.
var routes = []route{
	{path: "/api/overview", says: "Every country that the store has telemetry of, with its latest use, and the feed of spikes and events.", answer: account.Overview{}, handle: (*server).overviewJSON},
	{path: "/api/places", says: "The countries that the store has telemetry of, with their days.", answer: []place{}, handle: (*server).places},
	{path: "/api/events", says: "The events of the catalogue in a country.", params: []string{"country"}, needs: "country", answer: []catalogued{}, handle: (*server).events},
	{path: "/api/daily", says: "Clients a day that used a tool, out of all clients. A day without telemetry has no row: it is missing, not zero.",
		params: []string{"country", "tool", "from", "to", "format"}, needs: "country", answer: []dailyRow{}, query: "daily_series", formats: true},
	{path: "/api/tools", says: "Clients a day of each tool. A client that used two is in both.",
		params: []string{"country", "from", "to", "format"}, needs: "country", answer: []toolRow{}, query: "use_by_tool_day", formats: true},
	{path: "/api/categories", says: "Clients a day of each kind of tool. A client that used two kinds is in both.",
		params: []string{"country", "from", "to", "format"}, needs: "country", answer: []categoryRow{}, query: "use_by_category_day", formats: true},
	{path: "/api/services", says: "Clients a day of each known service, and flows that it did not answer.",
		params: []string{"country", "from", "to", "format"}, needs: "country", answer: []serviceRow{}, query: "services", formats: true},
	{path: "/api/networks", says: "Clients a day of each network that used a tool, out of all its clients.",
		params: []string{"country", "from", "to", "format"}, needs: "country", answer: []networkRow{}, query: "use_by_network_day", formats: true},
	{path: "/api/unknown", says: "Clients a day of servers that came up within a week and that nothing names: an unknown tool that grows looks like that, and so does a new game. No part of what /api/daily counts.",
		params: []string{"country", "from", "to", "format"}, needs: "country", answer: []unknownRow{}, query: "unknown_tools", formats: true},
	{path: "/api/hours", says: "Clients an hour that used a tool, out of all clients, over at most 14 days. An hour without telemetry has no row. A page for anybody has no hours.",
		params: []string{"country", "tool", "from", "to"}, needs: "country", answer: []hourRow{}, handle: (*server).hours},
	{path: "/api/study", says: "What the study of an event says: effect, interval, grade with reasons, placebo tests, the questions in short, and the numbers behind its first charts. /report/EVENT has all.",
		params: []string{"event"}, needs: "event", answer: studied{}, handle: (*server).studyJSON},
}

// parameter is the form of a parameter and what it means.
type parameter struct {
	form *regexp.Regexp
	says string
}

var parameters = map[string]parameter{
	"country": {regexp.MustCompile(`^[a-z]{2}$`), "lower-case ISO code, as ru"},
	"tool":    {regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`), "only this tool; all that count as use without it"},
	"from":    {regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), "first UTC day, as 2018-04-01"},
	"to":      {regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), "last UTC day, as 2018-04-30"},
	"event":   {regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`), "id of an event of the catalogue"},
	"format":  {regexp.MustCompile(`^(json|csv|parquet)$`), "json, csv or parquet; json without it"},
}

// dailyRow is a row of the named query daily_series.
type dailyRow struct {
	Country    string   `json:"country"`
	Day        string   `json:"day"`
	Clients    uint64   `json:"clients"`
	Flows      uint64   `json:"flows"`
	Expected   float64  `json:"expected"`
	Unanswered uint64   `json:"unanswered"`
	AllClients uint64   `json:"all_clients"`
	AllFlows   uint64   `json:"all_flows"`
	Fraction   float64  `json:"fraction"`
	Simulated  uint8    `json:"simulated"`
	Packs      []string `json:"packs"`
	Lists      []string `json:"lists"`
}

// hourRow is what was seen in an hour.
type hourRow struct {
	Country    string `json:"country"`
	Hour       string `json:"hour"` // UTC, as 2018-04-16T14:00Z
	Clients    uint64 `json:"clients"`
	AllClients uint64 `json:"all_clients"`
	Simulated  uint8  `json:"simulated"`
}

// unknownRow is a row of the named query unknown_tools.
type unknownRow struct {
	Country    string  `json:"country"`
	Day        string  `json:"day"`
	Clients    uint64  `json:"clients"`
	AllClients uint64  `json:"all_clients"`
	Share      float64 `json:"share"`
	Servers    uint64  `json:"servers"`
	Flows      uint64  `json:"flows"`
	Simulated  uint8   `json:"simulated"`
}

// toolRow is a row of the named query use_by_tool_day.
type toolRow struct {
	Country   string  `json:"country"`
	Day       string  `json:"day"`
	Tool      string  `json:"tool"`
	Category  string  `json:"category"`
	Clients   uint64  `json:"clients"`
	Flows     uint64  `json:"flows"`
	Expected  float64 `json:"expected"`
	Bytes     uint64  `json:"bytes"`
	Simulated uint8   `json:"simulated"`
}

// categoryRow is a row of the named query use_by_category_day.
type categoryRow struct {
	Country   string  `json:"country"`
	Day       string  `json:"day"`
	Category  string  `json:"category"`
	Clients   uint64  `json:"clients"`
	Flows     uint64  `json:"flows"`
	Expected  float64 `json:"expected"`
	Bytes     uint64  `json:"bytes"`
	Simulated uint8   `json:"simulated"`
}

// serviceRow is a row of the named query services.
type serviceRow struct {
	Country         string  `json:"country"`
	Day             string  `json:"day"`
	Service         string  `json:"service"`
	Category        string  `json:"category"`
	Clients         uint64  `json:"clients"`
	Flows           uint64  `json:"flows"`
	Unanswered      uint64  `json:"unanswered"`
	UnansweredShare float64 `json:"unanswered_share"`
	Bytes           uint64  `json:"bytes"`
	Simulated       uint8   `json:"simulated"`
}

// networkRow is a row of the named query use_by_network_day.
type networkRow struct {
	Country    string `json:"country"`
	ASN        uint32 `json:"asn"`
	Day        string `json:"day"`
	Clients    uint64 `json:"clients"`
	AllClients uint64 `json:"all_clients"`
	Simulated  uint8  `json:"simulated"`
}
