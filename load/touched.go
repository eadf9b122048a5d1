package load

import (
	"cmp"
	"slices"

	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/counts"
)

// touchedDays lists the days of countries that the usage, the questions and the coverage of a batch are of, in their order.
func touchedDays(b Batch) []counts.Key {
	known := map[counts.Key]bool{}
	for _, t := range b.Tables {
		if t.Name != schemas.TableUsage && t.Name != schemas.TableDNSUsage && t.Name != schemas.TableCoverage {
			continue
		}
		hours, countries := t.Record.Column(0).(*array.Timestamp), t.Record.Column(1).(*array.Dictionary)
		type code struct{ country, day int32 }
		var last code
		for i := range hours.Len() {
			now := code{int32(countries.GetValueIndex(i)), int32(floorDay(int64(hours.Value(i))))}
			if i == 0 || now != last {
				known[counts.Key{Country: schemas.DictString(countries, i), Day: now.day}] = true
			}
			last = now
		}
	}
	days := make([]counts.Key, 0, len(known))
	for key := range known {
		days = append(days, key)
	}
	slices.SortFunc(days, func(a, b counts.Key) int { return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Day, b.Day)) })
	return days
}

func floorDay(seconds int64) int64 { return schemas.Day(seconds * 1000) }
