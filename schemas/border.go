package schemas

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed borders.txt
var borderTable string

// borders are the neighbours by country.
var borders = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(borderTable) {
		if code, list, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			all[code] = strings.Fields(list)
		}
	}
	return all
})

// Neighbours are the countries with a land border to a country, by code; none for an island.
func Neighbours(country string) []string { return borders()[country] }
