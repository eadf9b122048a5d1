package suppress

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/banshift/banshift/queries"
)

// result makes a result of clients by day, network and tool.
func result(days, networks, tools int, clients []uint64) *queries.Result {
	r := &queries.Result{Columns: []queries.ResultColumn{
		{Column: queries.Column{Name: "country", Role: queries.Key}}, {Column: queries.Column{Name: "day", Role: queries.Key}},
		{Column: queries.Column{Name: "asn", Role: queries.Key}}, {Column: queries.Column{Name: "tool", Role: queries.Key}},
		{Column: queries.Column{Name: "clients", Role: queries.Clients}},
	}}
	for _, c := range r.Columns {
		r.Query.Columns = append(r.Query.Columns, c.Column)
	}
	for day := range days {
		for network := range networks {
			for tool := range tools {
				for i, value := range []any{"ru", day, network, tool, clients[r.Len]} {
					r.Columns[i].Values = append(r.Columns[i].Values, value)
				}
				r.Len++
			}
		}
	}
	return r
}

// few is one smallest number for all countries.
func few(k uint64) func(string) uint64 { return func(string) uint64 { return k } }

// TestCountriesApart: each country has its own smallest number, and what is hidden in one hides nothing in another.
func TestCountriesApart(t *testing.T) {
	r := result(2, 1, 3, []uint64{30, 60, 90, 30, 60, 90})
	for i := range 3 {
		r.Columns[0].Values[3+i] = "by"
	}
	left, err := Rows(r, func(country string) uint64 { return map[string]uint64{"ru": 20, "by": 50}[country] })
	if err != nil || left != (Left{1, 1}) || r.Len != 4 || r.Columns[0].Values[3] != any("by") || r.Columns[4].Values[3] != any(uint64(90)) {
		t.Errorf("%+v %v, %d rows", left, err, r.Len)
	}
}

func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		days, networks, tools int
		clients               []uint64
		want                  []uint64
		left                  Left
	}{
		"enough":                        {1, 1, 3, []uint64{20, 50, 90}, []uint64{20, 50, 90}, Left{}},
		"nobody is not few":             {1, 1, 3, []uint64{0, 50, 90}, []uint64{0, 50, 90}, Left{}},
		"few, and the smallest other":   {1, 1, 3, []uint64{3, 50, 90}, []uint64{90}, Left{1, 1}},
		"several that are enough":       {1, 1, 4, []uint64{19, 18, 50, 90}, []uint64{50, 90}, Left{2, 0}},
		"several that are not":          {1, 1, 4, []uint64{9, 8, 50, 90}, []uint64{90}, Left{2, 1}},
		"nothing but few":               {1, 1, 2, []uint64{3, 4}, nil, Left{2, 0}},
		"a square, so that both totals": {2, 1, 3, []uint64{3, 50, 90, 60, 70, 80}, []uint64{80}, Left{1, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			r := result(c.days, c.networks, c.tools, c.clients)
			left, err := Rows(r, few(20))
			if err != nil {
				t.Fatal(err)
			}
			var got []uint64
			for _, value := range r.Columns[4].Values {
				got = append(got, value.(uint64))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) || left != c.left {
				t.Errorf("got %v %+v, want %v %+v", got, left, c.want, c.left)
			}
		})
	}
}

// A row in which all but few clients did something tells of the few.
func TestDifferenceWithinARow(t *testing.T) {
	r := result(1, 1, 3, []uint64{100, 100, 100})
	all := queries.ResultColumn{Column: queries.Column{Name: "all_clients", Role: queries.Clients}, Values: []any{uint64(100), uint64(110), uint64(300)}}
	r.Columns = append(r.Columns, all)
	left, err := Rows(r, few(20))
	if err != nil || left.Few != 1 || r.Len > 2 {
		t.Errorf("%+v, %d rows, %v", left, r.Len, err)
	}
}

func TestQueryWithoutClients(t *testing.T) {
	r := result(1, 1, 1, []uint64{100})
	r.Query.Columns = r.Query.Columns[:4]
	r.Columns = r.Columns[:4]
	var notCounted *NotCountedError
	if _, err := Rows(r, few(20)); !errors.As(err, &notCounted) {
		t.Errorf("got %v", err)
	}
	r.Query.Public = true
	if _, err := Rows(r, few(20)); err != nil || r.Len != 1 {
		t.Errorf("got %v, %d rows", err, r.Len)
	}
}

// An attacker who knows every total tries every table that agrees with what is shown: no hidden
// count of few is within a range narrower than k.
func TestAttackerWhoTriesEveryTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const k = 5
	tables, attacked := 0, 0
	for tables < 400 {
		days, networks, tools := 1+random.IntN(3), 1+random.IntN(3), 1+random.IntN(2)
		clients := make([]uint64, days*networks*tools)
		for i := range clients {
			clients[i] = uint64(random.IntN(12))
		}
		tables++
		made, err := newTable(result(days, networks, tools, clients), few(k))
		if err != nil {
			t.Fatal(err)
		}
		made.hideFew()
		made.hideComplements()
		var hidden []int
		for i, is := range made.hidden {
			if is {
				hidden = append(hidden, i)
			}
		}
		if len(hidden) == 0 || len(hidden) > 7 {
			continue
		}
		attacked++
		low, high := attack(made, hidden, k)
		for at, i := range hidden {
			if n := clients[i]; 0 < n && n < k && high[at]-low[at] < k && shownWith(made, i) {
				t.Fatalf("%dx%dx%d %v, hidden %v: row %d of %d clients lies within %d and %d", days, networks, tools, clients, hidden, i, n, low[at], high[at])
			}
		}
	}
	if attacked < 50 {
		t.Errorf("only %d of %d tables were attacked", attacked, tables)
	}
}

// shownWith reports whether a row shares a known total with a row that is shown.
func shownWith(t *table, i int) bool {
	for _, g := range t.in[i] {
		for _, row := range t.groups[g] {
			if !t.hidden[row] && t.counts[0][row] > 0 {
				return true
			}
		}
	}
	return false
}

// attack gives the least and the most that each hidden count is in any table of whole numbers
// with the same totals.
func attack(t *table, hidden []int, k uint64) (low, high []int) {
	type total struct {
		rows []int // positions in hidden
		sum  int
		last int
	}
	var totals []total
	for _, rows := range t.groups {
		if len(rows) == 1 {
			continue
		}
		in := total{}
		for at, i := range hidden {
			for _, row := range rows {
				if row == i {
					in.rows, in.sum, in.last = append(in.rows, at), in.sum+int(t.counts[0][i]), at
				}
			}
		}
		if len(in.rows) > 0 && (len(in.rows) < len(rows) || in.sum >= int(k)) {
			totals = append(totals, in)
		}
	}
	low, high = make([]int, len(hidden)), make([]int, len(hidden))
	for i := range low {
		low[i] = 1 << 30
	}
	values := make([]int, len(hidden))
	var fill func(at int)
	fill = func(at int) {
		if at == len(hidden) {
			for i, v := range values {
				low[i], high[i] = min(low[i], v), max(high[i], v)
			}
			return
		}
		for v := 0; v <= 40; v++ {
			values[at] = v
			fits := true
			for _, in := range totals {
				sum, complete := 0, in.last <= at
				for _, row := range in.rows {
					if row <= at {
						sum += values[row]
					}
				}
				fits = fits && sum <= in.sum && (!complete || sum == in.sum)
			}
			if fits {
				fill(at + 1)
			}
		}
		values[at] = 0
	}
	fill(0)
	return low, high
}
