package schemas

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed countries.txt
var countryTable string

// countries are the codes that there are.
var countries = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(countryTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, code := range strings.Fields(line) {
			all[code] = true
		}
	}
	return all
})

// Country gives a country code as it is stored, in lower case (ISO 3166-1 alpha-2). known
// is false where there is no such country.
func Country(code string) (lower string, known bool) {
	lower = strings.ToLower(strings.TrimSpace(code))
	return lower, countries()[lower]
}

// Countries lists the codes that there are, in order.
func Countries() []string { return slices.Sorted(maps.Keys(countries())) }
