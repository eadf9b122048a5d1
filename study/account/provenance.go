package account

import (
	"fmt"

	"github.com/banshift/banshift/transform/spike"
)

// Provenance is all that a number depends on: enough to make it again, byte for byte,
// and to see that the data are still the same. Every door prints this one.
type Provenance struct {
	// Version is the program's.
	Version string `json:"version"`
	// Command makes an account again; empty where none does.
	Command string `json:"command,omitempty"`
	// Series is the file of the series as given, or "store"; Format and Name how it was read.
	Series string `json:"series"`
	Format string `json:"format,omitempty"`
	Name   string `json:"name,omitempty"`
	// Country is that of a file that names none.
	Country string `json:"country,omitempty"`
	// Licence is the one under which the series' source publishes it, where the format says whose it is.
	Licence string `json:"licence,omitempty"`
	// Events is the catalogue as given, empty for the built-in one.
	Events string `json:"events,omitempty"`
	// DataHash and EventsHash are SHA-256 over what was read.
	DataHash   string `json:"data_sha256"`
	EventsHash string `json:"events_sha256"`
	// Counted are the other events of the country that keep placebo dates away from them or
	// speak for another cause; Controls the countries whose common change was taken off.
	// Both are of one event, and empty where a result is about many.
	Counted  []string `json:"counted_events,omitempty"`
	Controls []string `json:"control_countries,omitempty"`
	// Evidence are the files of the series that were weighed too.
	Evidence []EvidenceFile `json:"evidence,omitempty"`
	// Packs and Lists are the rule packs and lists behind a store's numbers.
	Packs string `json:"packs,omitempty"`
	Lists string `json:"lists,omitempty"`
	// Queries are the named queries that were asked.
	Queries   []string `json:"queries,omitempty"`
	Simulated bool     `json:"simulated,omitempty"`
	// Substitute and Topology are what companion questions were asked with, where they were.
	Substitute string `json:"substitute,omitempty"`
	Topology   string `json:"topology_sha256,omitempty"`
	// Config is the registered procedure with its windows and seed.
	Config spike.Config `json:"config"`
}

// EvidenceFile is a file of a series that was weighed with the tested one.
type EvidenceFile struct {
	Given    string `json:"given"` // as on the command line: format, country, file
	DataHash string `json:"data_sha256"`
	Licence  string `json:"licence,omitempty"`
}

// Windows says the registered windows in words.
func (p Provenance) Windows() string {
	if p.Config.BaselineDays == 0 {
		return ""
	}
	return fmt.Sprintf("%d days before, up to %d days after, rule %s, placebo dates %s", p.Config.BaselineDays, p.Config.AfterDays, p.Config.Rule, p.Config.Placebo)
}
