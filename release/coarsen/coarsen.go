// Package coarsen takes precision out of a result that nobody needs and that could be joined with
// other records: bytes keep two digits, times their day; and it merges rare tools upward into their
// category, so that what is suppressed is not lost.
//
// It must never make a count of clients from others: distinct clients do not add up.
package coarsen

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/queries"
)

// digits are how many digits of a number of bytes stay.
const digits = 2

// Values coarsens what is exact and no count: bytes and times.
func Values(r *queries.Result) {
	for _, c := range r.Columns {
		bytes := c.Role == queries.Sum && strings.HasPrefix(c.Name, "bytes")
		for i, value := range c.Values {
			switch v := value.(type) {
			case uint64:
				if bytes {
					c.Values[i] = rounded(v)
				}
			case time.Time:
				c.Values[i] = v.UTC().Truncate(24 * time.Hour)
			}
		}
	}
}

// rounded keeps the first digits of a number.
func rounded(n uint64) uint64 {
	unit := uint64(1)
	for n/unit >= uint64(math.Pow10(digits)) {
		unit *= 10
	}
	return n / unit * unit
}

// Merged stands in place of a tool's name where a row is of all tools of its category.
const Merged = "any"

// ByTool says whether rows of a result are of tools with their category.
func ByTool(r *queries.Result) bool {
	return r.Index("tool") >= 0 && r.Index("category") >= 0 && r.Index("day") >= 0 && r.Index("country") >= 0
}

// groups are the countries, days and categories of a result's rows, and how many rows each has.
func groups(r *queries.Result) []string {
	keys := make([]string, r.Len)
	for i := range r.Len {
		for _, name := range []string{"country", "day", "category", "simulated"} {
			keys[i] += fmt.Sprintf("%v\x00", r.Columns[r.Index(name)].Values[i])
		}
	}
	return keys
}

// Groups gives how many rows of tools each category has on a country's day, before some are taken out.
func Groups(r *queries.Result) map[string]int {
	rows := map[string]int{}
	for _, key := range groups(r) {
		rows[key]++
	}
	return rows
}

// Upward adds, for each category of a country's day some tools of which were taken out since before, the row of
// its clients by whatever tool, where these are at least k. categories has such rows. Sums of these rows are not
// known: less those of the tools that stayed they would be those of few.
func Upward(r *queries.Result, before map[string]int, categories *queries.Result, k func(country string) uint64) {
	left := Groups(r)
	clients, country := categories.Columns[categories.Index("clients")], categories.Columns[categories.Index("country")]
	added := false
	for i, key := range groups(categories) {
		if before[key] == left[key] || clients.Values[i].(uint64) < k(country.Values[i].(string)) {
			continue
		}
		added = true
		for at, c := range r.Columns {
			r.Columns[at].Values = append(c.Values, mergedValue(c, categories, i))
		}
		r.Len++
	}
	for at, c := range r.Columns {
		if added && c.Role == queries.Sum {
			r.Columns[at].Type = "Nullable(" + c.Type + ")"
		}
	}
}

// mergedValue is what a column says in a row of a whole category.
func mergedValue(c queries.ResultColumn, categories *queries.Result, row int) any {
	switch {
	case c.Name == "tool":
		return Merged
	case c.Role == queries.Sum:
		return nil
	}
	return categories.Columns[categories.Index(c.Name)].Values[row]
}

// Counts rounds counts of clients to the nearest multiple of k, and sums to two digits, so that what two
// releases tell together is no closer than that: a client more or less, another day or another grouping shows
// in none of them. Shares follow from the rounded counts; those that do not are taken out.
func Counts(r *queries.Result, k func(country string) uint64) {
	country := r.Index("country")
	for _, c := range r.Columns {
		for i, value := range c.Values {
			switch {
			case c.Role == queries.Clients:
				unit := k("")
				if country >= 0 {
					unit = k(r.Columns[country].Values[i].(string))
				}
				c.Values[i] = (value.(uint64) + unit/2) / unit * unit
			case c.Role == queries.Sum:
				c.Values[i] = coarse(value)
			}
		}
	}
	var columns []queries.ResultColumn
	for _, c := range r.Columns {
		if c.Role != queries.Share || about(r.Query, c.Name) {
			columns = append(columns, c)
		} else if part, whole, ok := r.Query.Ratio(c.Column); ok {
			columns = append(columns, queries.ShareOf(c.Column, r.Columns[r.Index(part)], r.Columns[r.Index(whole)]))
		}
	}
	r.Columns, r.Query.Columns = columns, nil
	for _, c := range columns {
		r.Query.Columns = append(r.Query.Columns, c.Column)
	}
}

// coarse is a sum with two digits.
func coarse(value any) any {
	switch v := value.(type) {
	case uint64:
		return rounded(v)
	case float64:
		if v <= 0 || math.IsInf(v, 0) {
			return 0.0
		}
		unit := math.Pow10(int(math.Floor(math.Log10(v))) + 1 - digits)
		return math.Round(v/unit) * unit
	}
	return nil
}

// about says whether a column is about no client.
func about(q queries.Query, name string) bool {
	return slices.ContainsFunc(q.Bounds, func(b queries.Bound) bool { return b.Column == name && b.Most == 0 })
}
