package mechanism

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
)

// answer makes a result of a named query from rows of values by column; columns that a row does not name are 0.
func answer(t *testing.T, name string, params map[string]string, rows ...map[string]any) *queries.Result {
	t.Helper()
	q, err := queries.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	values, err := q.Values(params)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"country": "LowCardinality(String)", "day": "Date", "asn": "UInt32", "tool": "LowCardinality(String)", "service": "String", "category": "String",
		"simulated": "UInt8", "fraction": "Float64", "packs": "Array(LowCardinality(String))", "lists": "Array(LowCardinality(String))"}
	zeros := map[string]any{"Array(LowCardinality(String))": []string{}, "Date": day(1), "UInt32": uint32(0), "UInt8": uint8(0), "Float64": 1.0, "UInt64": uint64(0)}
	r := &queries.Result{Query: q, Params: values, Len: len(rows)}
	for _, c := range q.Columns {
		column := queries.ResultColumn{Column: c, Type: types[c.Name]}
		if column.Type == "" {
			column.Type = "UInt64"
		}
		for _, row := range rows {
			value, ok := row[c.Name]
			if !ok {
				if value, ok = zeros[column.Type]; !ok {
					value = ""
				}
			}
			column.Values = append(column.Values, value)
		}
		r.Columns = append(r.Columns, column)
	}
	return r
}

func day(n int) time.Time { return time.Date(2018, 4, n, 0, 0, 0, 0, time.UTC) }

// series is daily_series of some days, of so many users and clients a day.
func series(t *testing.T, counts ...[2]uint64) *queries.Result {
	var rows []map[string]any
	for i, n := range counts {
		rows = append(rows, map[string]any{"country": "ru", "day": day(i + 1), "clients": n[0], "all_clients": n[1], "flows": n[0] * 10})
	}
	return answer(t, "daily_series", nil, rows...)
}

func ledger(t *testing.T, dir string) *budget.Ledger {
	t.Helper()
	l, err := budget.Open(dir, "set")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func few(k uint64) func(string) uint64 { return func(string) uint64 { return k } }

var half = Asked{Epsilon: 500_000, Kind: Laplace, Most: 1_000_000, MinClients: few(20)}

// written is all of a result.
func written(r *queries.Result) string {
	var text strings.Builder
	for i := range r.Len {
		for _, c := range r.Columns {
			fmt.Fprintf(&text, "%s=%v ", c.Name, c.Values[i])
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// TestWhatIsReleased: counts have noise, shares follow from them, and everything that is not bounded is gone.
func TestWhatIsReleased(t *testing.T) {
	l := ledger(t, t.TempDir())
	r := series(t, [2]uint64{5000, 90000}, [2]uint64{6000, 91000})
	done, err := Release(r, l, half)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range r.Columns {
		names = append(names, c.Name)
	}
	if fmt.Sprint(names) != "[country day clients all_clients fraction simulated packs lists]" || r.Len != 2 || done.Sensitivity != 2 || done.New != 2 {
		t.Errorf("%v, %d rows, %+v", names, r.Len, done)
	}
	if scale := 2 / .5; math.Abs(done.Deviation-math.Sqrt2*scale) > .1 {
		t.Errorf("deviation %.3f", done.Deviation)
	}
	got := r.Columns[r.Index("clients")].Values
	if got[0] == any(uint64(5000)) && got[1] == any(uint64(6000)) || math.Abs(float64(got[0].(uint64))-5000) > 200 {
		t.Errorf("clients are %v", got)
	}
	shares := answer(t, "circumvention_share", nil, map[string]any{"country": "ru", "day": day(9), "using": uint64(700), "clients": uint64(4000), "share": .175, "expected_flows": 3.5})
	if _, err := Release(shares, l, half); err != nil {
		t.Fatal(err)
	}
	last := shares.Columns[len(shares.Columns)-1]
	want := float64(shares.Columns[shares.Index("using")].Values[0].(uint64)) / float64(shares.Columns[shares.Index("clients")].Values[0].(uint64))
	if last.Name != "share" || last.Values[0] != want || shares.Index("expected_flows") >= 0 || shares.Index("expected_flow_share") >= 0 {
		t.Errorf("%s %v, want share %v", last.Name, last.Values, want)
	}
}

// TestReleasedAgain: the same question gives the same numbers and costs nothing, also of other days, of one country,
// and after the data have changed.
func TestReleasedAgain(t *testing.T) {
	dir := t.TempDir()
	l := ledger(t, dir)
	first := series(t, [2]uint64{500, 900}, [2]uint64{600, 910})
	if _, err := Release(first, l, half); err != nil {
		t.Fatal(err)
	}
	l.Close()
	l = ledger(t, dir)
	changed := series(t, [2]uint64{300, 700}, [2]uint64{600, 910}, [2]uint64{650, 920})
	done, err := Release(changed, l, half)
	if err != nil || done.Again != 2 || done.New != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if a, b := written(first), written(changed); !strings.HasPrefix(b, a) || changed.Len != 3 {
		t.Errorf("was\n%s, is\n%s", a, b)
	}
	gone := series(t) // forgotten since
	a := half
	a.Parts = []budget.Part{{Country: "ru", Day: "2018-04-01"}}
	if done, err := Release(gone, l, a); err != nil || done.New != 0 || gone.Len != 1 || !strings.HasPrefix(written(first), written(gone)) {
		t.Errorf("%v %+v\n%s", err, done, written(gone))
	}
	if spent := l.Spent(budget.Part{Country: "ru", Day: "2018-04-01"}); spent != half.Epsilon {
		t.Errorf("%s is spent", spent)
	}
	other := half
	other.Epsilon--
	again := series(t, [2]uint64{500, 900}, [2]uint64{600, 910})
	if _, err := Release(again, l, other); err != nil || written(again) == written(first) {
		t.Errorf("another epsilon gives the same noise, %v", err)
	}
}

// TestEmptyDaysAreReleased: that a day had no rows is released too, and stays so.
func TestEmptyDaysAreReleased(t *testing.T) {
	l := ledger(t, t.TempDir())
	a := half
	a.Parts = []budget.Part{{Country: "ru", Day: "2018-04-01"}}
	if done, err := Release(series(t), l, a); err != nil || done.New != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	late := series(t, [2]uint64{500, 900})
	if done, err := Release(late, l, a); err != nil || done.New != 0 || late.Len != 0 {
		t.Errorf("%+v, %d rows, %v", done, late.Len, err)
	}
}

// TestSpent: a release that one day has no budget for spends nothing of the others.
func TestSpent(t *testing.T) {
	l := ledger(t, t.TempDir())
	a := half
	a.Epsilon = 600_000
	if _, err := Release(series(t, [2]uint64{500, 900}), l, a); err != nil {
		t.Fatal(err)
	}
	a.Kind = Gaussian
	r := series(t, [2]uint64{500, 900}, [2]uint64{600, 910})
	before := written(r)
	var spent *budget.SpentError
	if _, err := Release(r, l, a); !errors.As(err, &spent) || spent.Part.Day != "2018-04-01" {
		t.Errorf("got %v", err)
	}
	if l.Spent(budget.Part{Country: "ru", Day: "2018-04-02"}) != 0 || written(r) != before {
		t.Error("what was refused is spent, or shown")
	}
}

// TestRefused: what one client can change without bound is not released.
func TestRefused(t *testing.T) {
	all, err := queries.List()
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]map[string]string{"use_by_tool_day": {"tool": "wireguard"}, "use_by_category_day": {"category": "vpn"}, "service_users": {"services": "['telegram','viber']"}, "dns_interest": {"service": "telegram"}}
	sensitivity := map[string]int{"daily_series": 2, "circumvention_share": 2, "use_by_network_day": 2, "use_by_tool_day": 1, "use_by_category_day": 1, "service_users": 4, "dns_interest": 2, "unknown_tools": 2}
	released := map[string]bool{}
	for _, q := range all {
		for _, params := range []map[string]string{nil, given[q.Name]} {
			values, err := q.Values(params)
			if err != nil {
				t.Fatal(err)
			}
			p, err := plannedFor(q, values, Laplace, 1e6)
			var refused *RefusedError
			if err != nil && !errors.As(err, &refused) {
				t.Errorf("%s: %v", q.Name, err)
			}
			if err == nil {
				released[q.Name] = true
				if p.sensitivity != sensitivity[q.Name] {
					t.Errorf("%s: sensitivity %d, want %d", q.Name, p.sensitivity, sensitivity[q.Name])
				}
				if params == nil && given[q.Name] != nil {
					t.Errorf("%s is released of everything", q.Name)
				}
			}
		}
	}
	if len(released) != len(sensitivity) {
		t.Errorf("released are %v", slices.Sorted(maps.Keys(released)))
	}
}

// TestNeighboursLookAlike draws what is released of two neighbouring tables, and compares how often each count
// comes: no more than exp(epsilon) times as often from one as from the other, and not at all much less noise than that.
func TestNeighboursLookAlike(t *testing.T) {
	const draws = 60_000
	q, err := queries.Get("use_by_tool_day")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []Kind{Laplace, Gaussian} {
		p, err := plannedFor(q, map[string]string{"tool": "tor"}, kind, 1e6)
		if err != nil {
			t.Fatal(err)
		}
		seen := [2]map[uint64]float64{{}, {}}
		for i := range draws {
			for at, n := range []uint64{500, 501} {
				secret := sha256.Sum256(fmt.Append(nil, i, at))
				row := make([]any, len(p.columns))
				for at, c := range p.columns {
					row[at] = ""
					if c.noised {
						row[at] = n
					}
				}
				rows, err := p.noised(secret[:], "release", budget.Part{}, [][]any{row})
				if err != nil || len(rows) != 1 {
					t.Fatal(len(rows), err)
				}
				seen[at][rows[0][p.top].(uint64)]++
			}
		}
		most := 0.0
		for x, n := range seen[0] {
			if m := seen[1][x]; n > 1000 && m > 1000 {
				most = max(most, math.Abs(math.Log(n/m)))
			}
		}
		if most > 1.15 || kind == Laplace && most < .85 {
			t.Errorf("%s: the logarithm of the ratio is up to %.2f, want about 1 at most", kind, most)
		}
	}
}

// TestRowsOfOneClient: a row that is there because of one client does not appear.
func TestRowsOfOneClient(t *testing.T) {
	l := ledger(t, t.TempDir())
	var rows []map[string]any
	for asn := range 3000 {
		rows = append(rows, map[string]any{"country": "ru", "day": day(1), "asn": uint32(asn), "clients": uint64(1), "all_clients": uint64(1)})
	}
	rows = append(rows, map[string]any{"country": "ru", "day": day(1), "asn": uint32(5000), "clients": uint64(400), "all_clients": uint64(800)})
	a := half
	a.MinClients = few(1)
	r := answer(t, "use_by_network_day", nil, rows...)
	if _, err := Release(r, l, a); err != nil || r.Len != 1 || r.Columns[r.Index("asn")].Values[0] != any(uint32(5000)) {
		t.Errorf("%d rows, %v", r.Len, err)
	}
}

// TestConsistent draws counts of all sorts: nothing is below 0, no part above its whole, and the order of rows does not matter.
func TestConsistent(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	l := ledger(t, t.TempDir())
	for release := range 40 {
		var rows []map[string]any
		for asn := range 20 {
			all := random.Uint64N(100)
			rows = append(rows, map[string]any{"country": "ru", "day": day(1 + release%28), "asn": uint32(asn), "clients": random.Uint64N(all + 1), "all_clients": all})
		}
		a := Asked{Epsilon: budget.Epsilon(50_000 + release), Kind: Kind(Kinds[release%2]), Most: 1e9, MinClients: few(1)}
		r := answer(t, "use_by_network_day", nil, rows...)
		p, err := plannedFor(r.Query, r.Params, a.Kind, a.Epsilon)
		if err != nil {
			t.Fatal(err)
		}
		p.threshold = math.MinInt64 // so that what is below zero is seen, too
		drawn := func() string {
			exact, err := p.byPart(r)
			if err != nil {
				t.Fatal(err)
			}
			part := budget.Part{Country: "ru", Day: day(1 + release%28).Format(time.DateOnly)}
			shown, err := p.noised(l.Secret(), "x", part, exact[part])
			if err != nil || len(shown) != 20 {
				t.Fatal(len(shown), err)
			}
			for _, row := range shown {
				if row[p.index("clients")].(uint64) > row[p.index("all_clients")].(uint64) || row[p.index("all_clients")].(uint64) > 1<<40 {
					t.Fatalf("%v", row)
				}
			}
			return fmt.Sprint(shown)
		}
		first := drawn()
		random.Shuffle(20, func(i, j int) {
			for _, c := range r.Columns {
				c.Values[i], c.Values[j] = c.Values[j], c.Values[i]
			}
		})
		if drawn() != first {
			t.Fatal("the noise depends on the order of the rows")
		}
	}
}
