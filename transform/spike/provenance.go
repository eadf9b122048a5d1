package spike

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Provenance is what a result was made from: enough to make it again, byte for byte, and to see
// that the data are still the same.
type Provenance struct {
	// Version is the program's.
	Version string `json:"version"`
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
	// Evidence are the files of the series that were weighed beside.
	Evidence []EvidenceFile `json:"evidence,omitempty"`
	// Packs are the rule packs behind a store's numbers.
	Packs     string `json:"packs,omitempty"`
	Simulated bool   `json:"simulated,omitempty"`
	// Config is the registered procedure with its windows and seed.
	Config Config `json:"config"`
}

// EvidenceFile is a file of a series beside the tested one.
type EvidenceFile struct {
	Given    string `json:"given"` // as on the command line: format, country, file
	DataHash string `json:"data_sha256"`
	Licence  string `json:"licence,omitempty"`
}

// HashSeries identifies series: names, countries, days and all numbers.
func HashSeries(list []Series) string {
	h := sha256.New()
	for _, s := range list {
		fmt.Fprintf(h, "%q %q %s %d\n", s.Name, s.Country, s.Start.Format(time.DateOnly), len(s.Values))
		for _, column := range [][]float64{s.Values, s.Coverage, s.Denominator} {
			for _, v := range column {
				if math.IsNaN(v) {
					fmt.Fprint(h, "- ")
					continue
				}
				fmt.Fprintf(h, "%x ", math.Float64bits(v))
			}
			fmt.Fprintln(h)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// HashEvents identifies a catalogue.
func HashEvents(list []events.Event) (string, error) {
	data, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("hash of the catalogue: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
