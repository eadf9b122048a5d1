package study

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// hashSeries identifies series by SHA-256: names, countries, days and all numbers.
func hashSeries(list []spike.Series) string {
	h := sha256.New()
	for _, s := range list {
		fmt.Fprintf(h, "%q %q %s %d\n", s.Name, s.Country, s.Start.Format(time.DateOnly), len(s.Values))
		columns := [][]float64{s.Values, s.Coverage, s.Denominator}
		if s.Hours != nil {
			columns = append(columns, s.Hours.Values, s.Hours.Denominator)
		}
		for _, column := range columns {
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

// HashEvents identifies a catalogue by SHA-256.
func HashEvents(list []events.Event) (string, error) {
	data, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("hash of the catalogue: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
