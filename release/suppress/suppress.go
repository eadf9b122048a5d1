// Package suppress decides which rows of a result may leave the house: none that counts few
// clients, and none by which the count of few could be found by subtraction (k-anonymity with
// complementary suppression: Hundepool et al., Statistical Disclosure Control, 2012, chapter 4).
//
// It must never change a value, and never say how many clients a row that stays behind has. It
// looks at one result: what two results tell together it does not know.
package suppress

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/banshift/banshift/queries"
)

// Left counts the rows of a result that stay behind.
type Left struct {
	Few        int `json:"few"`        // rows with a count of 1 to k-1 clients, or whose counts differ by so few
	Complement int `json:"complement"` // rows without which those could be found by subtraction
}

// NotCountedError says that a result cannot be released: it has no count of clients.
type NotCountedError struct{ Query string }

func (e *NotCountedError) Error() string {
	return fmt.Sprintf("query %s does not count clients, so that nothing can say whether few people are behind a row", e.Query)
}

// Rows takes the rows out of a result that may not leave the house, and counts them. k is the
// smallest number of clients of a country that may be shown.
func Rows(r *queries.Result, k func(country string) uint64) (Left, error) {
	if r.Query.Public {
		return Left{}, nil
	}
	t, err := newTable(r, k)
	if err != nil {
		return Left{}, err
	}
	left := Left{Few: t.hideFew()}
	left.Complement = t.hideComplements()
	keep := make([]bool, r.Len)
	for i, hidden := range t.hidden {
		keep[i] = !hidden
	}
	r.Keep(keep)
	return left, nil
}

// table is a result as its counts of clients and the totals that may be known of them.
type table struct {
	counts [][]uint64 // by column of clients, by row
	k      []uint64   // smallest number that may be shown, by row; rows of a total have the same
	hidden []bool     // by row
	groups [][]int    // rows that add up to a total, for each total
	in     [][]int    // groups of a row
}

// newTable finds the totals: over any of the keys that part a country's clients.
func newTable(r *queries.Result, k func(country string) uint64) (*table, error) {
	t := &table{k: make([]uint64, r.Len), hidden: make([]bool, r.Len), in: make([][]int, r.Len)}
	country := r.Index("country")
	for i := range t.k {
		name := ""
		if country >= 0 {
			name = fmt.Sprint(r.Columns[country].Values[i])
		}
		t.k[i] = k(name)
	}
	var detail, fixed []queries.ResultColumn
	for _, c := range r.Columns {
		switch {
		case c.Role == queries.Clients:
			counts := make([]uint64, r.Len)
			for i, value := range c.Values {
				n, ok := value.(uint64)
				if !ok {
					return nil, fmt.Errorf("query %s: column %s counts clients as %s, want UInt64", r.Query.Name, c.Name, c.Type)
				}
				counts[i] = n
			}
			t.counts = append(t.counts, counts)
		case c.Role == queries.Key && (c.Name == "country" || c.Name == "simulated"):
			fixed = append(fixed, c)
		case c.Role == queries.Key:
			detail = append(detail, c)
		}
	}
	counted := slices.ContainsFunc(r.Query.Columns, func(c queries.Column) bool { return c.Role == queries.Clients })
	if !counted {
		return nil, &NotCountedError{r.Query.Name}
	}
	for over := 1; over < 1<<len(detail); over++ {
		by := slices.Clone(fixed)
		for i, c := range detail {
			if over&(1<<i) == 0 {
				by = append(by, c)
			}
		}
		t.addGroups(by, r.Len)
	}
	return t, nil
}

// addGroups adds the totals by some keys.
func (t *table) addGroups(by []queries.ResultColumn, rows int) {
	known := map[string]int{}
	for i := range rows {
		var key strings.Builder
		for _, c := range by {
			fmt.Fprintf(&key, "%v\x00", c.Values[i])
		}
		at, ok := known[key.String()]
		if !ok {
			at = len(t.groups)
			known[key.String()] = at
			t.groups = append(t.groups, nil)
		}
		t.groups[at] = append(t.groups[at], i)
		t.in[i] = append(t.in[i], at)
	}
}

// hideFew hides the rows of few clients, and those in which one count is another but for few.
func (t *table) hideFew() int {
	hidden := 0
	row := make([]uint64, len(t.counts))
	for i := range t.hidden {
		for at, counts := range t.counts {
			row[at] = counts[i]
		}
		if t.hidden[i] = Few(row, t.k[i]); t.hidden[i] {
			hidden++
		}
	}
	return hidden
}

// Few says whether one of a row's counts of clients is of 1 to k-1, or another but for so few.
func Few(row []uint64, k uint64) bool {
	few := func(n uint64) bool { return 0 < n && n < k }
	return slices.ContainsFunc(row, func(a uint64) bool {
		return few(a) || slices.ContainsFunc(row, func(b uint64) bool { return b > a && few(b-a) })
	})
}

// hideComplements hides rows until no hidden count of few clients can be told closer than to k.
func (t *table) hideComplements() int {
	hidden := 0
	for again := true; again; {
		again = false
		for _, counts := range t.counts {
			low, high := t.bounds(counts)
			changed := map[int]bool{} // totals whose bounds are not those of now
			for i := range counts {
				if !t.hidden[i] || counts[i] == 0 || counts[i] >= t.k[i] || high[i]-low[i] >= float64(t.k[i]) {
					continue
				}
				if slices.ContainsFunc(t.in[i], func(g int) bool { return changed[g] }) {
					continue
				}
				if next := t.nextIn(i, counts); next >= 0 {
					t.hidden[next] = true
					hidden++
					again = true
					for _, g := range t.in[next] {
						changed[g] = true
					}
				}
			}
		}
	}
	return hidden
}

// nextIn gives the row to hide next to row i: the smallest that is shown in the total that gives
// the least room; -1 where nothing is shown with it.
func (t *table) nextIn(i int, counts []uint64) int {
	next, least := -1, uint64(math.MaxUint64)
	for _, g := range t.in[i] {
		sum, smallest := uint64(0), -1
		for _, row := range t.groups[g] {
			if t.hidden[row] {
				sum += counts[row]
			} else if counts[row] > 0 && (smallest < 0 || counts[row] < counts[smallest]) {
				smallest = row
			}
		}
		if smallest >= 0 && sum < least {
			next, least = smallest, sum
		}
	}
	return next
}

// rounds bounds how often bounds are drawn closer by each other.
const rounds = 100

// bounds gives between what each hidden count must lie for whoever knows every total. A total of
// which nothing is shown and that is itself of few is not known.
func (t *table) bounds(counts []uint64) (low, high []float64) {
	low, high = make([]float64, len(counts)), make([]float64, len(counts))
	for i := range high {
		high[i] = math.Inf(1)
	}
	type total struct {
		rows []int // that are hidden
		sum  float64
	}
	var totals []total
	for _, rows := range t.groups {
		if len(rows) == 1 {
			continue // no total, and where it is a row of another result, that hides it as this one does
		}
		var in total
		for _, i := range rows {
			if t.hidden[i] {
				in.rows = append(in.rows, i)
				in.sum += float64(counts[i])
			}
		}
		if len(in.rows) > 0 && (len(in.rows) < len(rows) || in.sum >= float64(t.k[rows[0]])) {
			totals = append(totals, in)
		}
	}
	for range rounds {
		closer := false
		for _, in := range totals {
			closer = draw(in.rows, in.sum, low, high) || closer
		}
		if !closer {
			break
		}
	}
	return low, high
}

// draw draws the bounds of some rows closer by their sum, and says whether that changed any.
func draw(rows []int, sum float64, low, high []float64) bool {
	lows, highs, open := 0.0, 0.0, 0
	for _, i := range rows {
		lows += low[i]
		if math.IsInf(high[i], 1) {
			open++
		} else {
			highs += high[i]
		}
	}
	closer := false
	for _, i := range rows {
		wasLow, wasHigh := low[i], high[i]
		high[i] = min(wasHigh, sum-(lows-wasLow))
		if math.IsInf(wasHigh, 1) {
			open, highs = open-1, highs+high[i]
		} else {
			highs += high[i] - wasHigh
		}
		if open == 0 {
			low[i] = max(wasLow, sum-(highs-high[i]))
		}
		lows += low[i] - wasLow
		closer = closer || low[i] != wasLow || high[i] != wasHigh
	}
	return closer
}
