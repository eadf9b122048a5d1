package study

import (
	"math"
	"testing"

	"github.com/banshift/banshift/load"
)

func TestStoredRowsBecomeSeries(t *testing.T) {
	rows := []load.Day{
		{Country: "ru", Day: dayOf("2018-04-03"), Clients: 5, Fraction: .5, Simulated: true},
		{Country: "ru", Day: dayOf("2018-04-01"), Clients: 7, Fraction: 1, Simulated: true},
		{Country: "ua", Day: dayOf("2018-04-01"), Clients: 2, Fraction: 0, Simulated: true},
		{Country: "", Day: dayOf("2018-04-01"), Clients: 9, Simulated: true},
	}
	kept, simulated := oneKind(rows)
	list := dailySeries("use", kept, func(r load.Day) float64 { return float64(r.Clients) })
	if !simulated || len(list) != 2 || list[0].Country != "ru" || list[1].Coverage != nil {
		t.Fatalf("simulated %v, series %+v", simulated, list)
	}
	if v := list[0].Values; len(v) != 3 || v[0] != 7 || !math.IsNaN(v[1]) || v[2] != 5 || list[0].Coverage[2] != .5 {
		t.Errorf("values %v: a day without a row has to be missing", v)
	}
	mixed := append(rows, load.Day{Country: "ru", Day: dayOf("2018-04-01"), Clients: 1})
	if kept, simulated := oneKind(mixed); simulated || len(kept) != 1 {
		t.Errorf("simulated rows were mixed with measured ones: %+v", kept)
	}
}
