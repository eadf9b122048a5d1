package coarsen

import (
	"fmt"
	"testing"
	"time"

	"github.com/banshift/banshift/queries"
)

func TestValues(t *testing.T) {
	at := time.Date(2018, 4, 16, 13, 7, 5, 0, time.UTC)
	r := &queries.Result{Len: 1, Columns: []queries.ResultColumn{
		{Column: queries.Column{Name: "bytes", Role: queries.Sum}, Values: []any{uint64(123_456), uint64(0), uint64(9), uint64(99), uint64(100), uint64(1<<64 - 1)}},
		{Column: queries.Column{Name: "clients", Role: queries.Clients}, Values: []any{uint64(123_456)}},
		{Column: queries.Column{Name: "seen", Role: queries.Text}, Values: []any{at, "13:07"}},
	}}
	Values(r)
	if got := fmt.Sprint(r.Columns[0].Values, r.Columns[1].Values); got != "[120000 0 9 99 100 18000000000000000000] [123456]" {
		t.Error(got)
	}
	if day := r.Columns[2].Values[0].(time.Time); !day.Equal(at.Truncate(24 * time.Hour)) {
		t.Error(day)
	}
}

// table makes rows of country, day, category and, where the table has one, tool.
func table(tools bool, rows ...[]any) *queries.Result {
	r := &queries.Result{Len: len(rows)}
	for _, c := range []queries.ResultColumn{
		{Column: queries.Column{Name: "country", Role: queries.Key}}, {Column: queries.Column{Name: "day", Role: queries.Key}}, {Column: queries.Column{Name: "category", Role: queries.Key}},
		{Column: queries.Column{Name: "simulated", Role: queries.Key}}, {Column: queries.Column{Name: "clients", Role: queries.Clients}}, {Column: queries.Column{Name: "flows", Role: queries.Sum}, Type: "UInt64"},
		{Column: queries.Column{Name: "tool", Role: queries.Key}},
	} {
		if c.Name == "tool" && !tools {
			continue
		}
		for _, row := range rows {
			c.Values = append(c.Values, row[len(r.Columns)])
		}
		r.Columns = append(r.Columns, c)
	}
	return r
}

// TestUpward: a category some tools of which went has its clients in their place, where they are enough, and
// no sums.
func TestUpward(t *testing.T) {
	r := table(true,
		[]any{"ru", 1, "vpn", 0, uint64(50), uint64(500), "openvpn"}, []any{"ru", 1, "vpn", 0, uint64(3), uint64(30), "tinc"},
		[]any{"ru", 1, "proxy", 0, uint64(4), uint64(40), "socks"}, []any{"ru", 2, "vpn", 0, uint64(60), uint64(600), "openvpn"})
	before := Groups(r)
	r.Keep([]bool{true, false, false, true})
	categories := table(false, []any{"ru", 1, "vpn", 0, uint64(52), uint64(530)}, []any{"ru", 1, "proxy", 0, uint64(4), uint64(40)}, []any{"ru", 2, "vpn", 0, uint64(60), uint64(600)})
	Upward(r, before, categories, func(string) uint64 { return 20 })
	if got := fmt.Sprint(r.Columns[r.Index("tool")].Values, r.Columns[r.Index("clients")].Values, r.Columns[r.Index("flows")].Values, r.Columns[r.Index("flows")].Type, r.Len); got != "[openvpn openvpn any] [50 60 52] [500 600 <nil>]Nullable(UInt64)3" {
		t.Error(got)
	}
}
