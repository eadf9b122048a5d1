package mechanism

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/budget"
	"github.com/banshift/banshift/release/noise"
	"github.com/banshift/banshift/release/suppress"
)

// Asked is how a result is to be released.
type Asked struct {
	Epsilon budget.Epsilon
	Kind    Kind
	// Most is what may be spent of a country's day by all releases together.
	Most budget.Epsilon
	// MinClients is the smallest noised count of a country that is shown.
	MinClients func(country string) uint64
	// Parts are the days of countries that are asked about. Whatever is released of them counts,
	// also that they have no rows.
	Parts []budget.Part
	Now   time.Time
}

// Done says what was done to a result.
type Done struct {
	Epsilon     budget.Epsilon
	Delta       float64
	Mechanism   Kind
	Unit        string
	Sensitivity int // what a client-day can change in all counts together
	Deviation   float64
	Threshold   int64 // rows whose noised count is smaller are not there
	Columns     []string
	New         int // parts that were spent of
	Again       int // parts that were released before
}

// Release puts noise on the counts of a result, and takes everything out of it that is neither a key nor
// bounded. What a ledger says was released before is given again for nothing. Nothing is spent where
// the budget is too small for one of the parts.
func Release(r *queries.Result, l *budget.Ledger, a Asked) (Done, error) {
	p, err := plannedFor(r.Query, r.Params, a.Kind, a.Epsilon)
	if err != nil {
		return Done{}, err
	}
	exact, err := p.byPart(r)
	if err != nil {
		return Done{}, err
	}
	id := p.id(r)
	parts := slices.Clone(a.Parts)
	for part := range exact {
		parts = append(parts, part)
	}
	slices.SortFunc(parts, func(x, y budget.Part) int {
		return cmp.Or(strings.Compare(x.Country, y.Country), strings.Compare(x.Day, y.Day))
	})
	parts = slices.Compact(parts)
	fresh := slices.DeleteFunc(slices.Clone(parts), func(part budget.Part) bool { _, ok := l.Released(id, part); return ok })
	if err := l.Check(a.Epsilon, a.Most, fresh); err != nil {
		return Done{}, err
	}
	entry := budget.Entry{At: a.Now, Release: id, Epsilon: a.Epsilon, Delta: Delta}
	for _, part := range fresh {
		rows, err := p.noised(l.Secret(), id, part, exact[part])
		if err != nil {
			return Done{}, err
		}
		text, err := json.Marshal(rows)
		if err != nil {
			return Done{}, fmt.Errorf("query %s: %w", r.Query.Name, err)
		}
		entry.Parts = append(entry.Parts, budget.Released{Part: part, Rows: text})
	}
	if len(fresh) > 0 {
		if err := l.Spend(entry, a.Most); err != nil {
			return Done{}, err
		}
	}
	if err := p.replace(r, l, id, parts, a.MinClients); err != nil {
		return Done{}, fmt.Errorf("query %s: %w", r.Query.Name, err)
	}
	done := Done{Epsilon: a.Epsilon, Delta: Delta, Mechanism: a.Kind, Unit: Unit, Sensitivity: p.sensitivity, Deviation: p.deviation(),
		Threshold: p.threshold, New: len(fresh), Again: len(parts) - len(fresh)}
	for _, c := range p.columns {
		if c.noised {
			done.Columns = append(done.Columns, c.name)
		}
	}
	return done, nil
}

// id names the release with all that its noise depends on, but the part: asked for other days or
// another country it is the same release.
func (p *plan) id(r *queries.Result) string {
	params := map[string]string{}
	for name, value := range r.Params {
		if name != "country" && name != "from" && name != "to" {
			params[name] = value
		}
	}
	var names []string
	for _, c := range p.columns {
		names = append(names, c.name)
	}
	text, _ := json.Marshal([]any{"release 1", r.Query.Name, params, names, p.epsilon, p.kind}) // maps have their keys sorted
	sum := sha256.Sum256(text)
	return r.Query.Name + " " + hex.EncodeToString(sum[:16])
}

// byPart gives the released columns' values of each part's rows.
func (p *plan) byPart(r *queries.Result) (map[budget.Part][][]any, error) {
	rows := map[budget.Part][][]any{}
	for i := range r.Len {
		var part budget.Part
		row := make([]any, len(p.columns))
		for at, c := range p.columns {
			value := r.Columns[r.Index(c.name)].Values[i]
			row[at] = value
			if c.noised {
				if _, ok := value.(uint64); !ok {
					return nil, fmt.Errorf("query %s: column %s counts clients as %T, want uint64", r.Query.Name, c.name, value)
				}
			}
			switch v := value.(type) {
			case string:
				if c.name == "country" {
					part.Country = v
				}
			case time.Time:
				if c.name == "day" {
					part.Day = v.Format(time.DateOnly)
				}
			}
		}
		rows[part] = append(rows[part], row)
	}
	return rows, nil
}

// noised gives the rows of a part that may be released. Noise follows from the keys of the rows, whatever
// their order is.
func (p *plan) noised(secret []byte, id string, part budget.Part, rows [][]any) ([][]any, error) {
	random, err := noise.Stream(secret, fmt.Sprintf("%s\x00%s\x00%s", id, part.Country, part.Day))
	if err != nil {
		return nil, err
	}
	sampler := noise.New(random)
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(p.keyOf(a), p.keyOf(b)) })
	shown := [][]any{}
	for _, row := range rows {
		counts := make([]int64, len(p.columns))
		for at, c := range p.columns {
			if !c.noised {
				continue
			}
			if counts[at], err = p.draw(sampler, row[at].(uint64)); err != nil {
				return nil, err
			}
		}
		if counts[p.top] < p.threshold {
			continue
		}
		for at, n := range p.consistent(counts) {
			if p.columns[at].noised {
				row[at] = n
			}
		}
		shown = append(shown, row)
	}
	return shown, nil
}

// draw adds noise to a count.
func (p *plan) draw(s *noise.Sampler, count uint64) (int64, error) {
	draw := s.Laplace
	if p.kind == Gaussian {
		draw = s.Gaussian
	}
	x, err := draw(p.parameter)
	if err != nil {
		return 0, err
	}
	x.Add(x, new(big.Int).SetUint64(count))
	if !x.IsInt64() {
		return 0, fmt.Errorf("a count of %d is out of range", count)
	}
	return x.Int64(), nil
}

// consistent gives the nearest counts (by least squares, in whole numbers) of which none is below 0 and
// none is above that of which it is a part.
func (p *plan) consistent(counts []int64) []uint64 {
	for at, c := range p.columns {
		if c.within >= 0 && counts[at] > counts[c.within] {
			middle := (counts[at] + counts[c.within]) / 2
			counts[at], counts[c.within] = middle, middle
		}
	}
	out := make([]uint64, len(counts))
	for at, n := range counts {
		out[at] = uint64(max(0, n))
	}
	for at, c := range p.columns { // another part may have drawn the whole down since
		if c.within >= 0 {
			out[at] = min(out[at], out[c.within])
		}
	}
	return out
}

// keyOf is what tells a row from others, in an order that numbers keep.
func (p *plan) keyOf(row []any) string {
	var key strings.Builder
	for at, c := range p.columns {
		if c.noised {
			continue
		}
		if v := reflect.ValueOf(row[at]); v.CanUint() {
			fmt.Fprintf(&key, "%020d\x00", v.Uint())
			continue
		}
		fmt.Fprintf(&key, "%v\x00", row[at])
	}
	return key.String()
}

// replace has the result be what the ledger says was released, without rows of few.
func (p *plan) replace(r *queries.Result, l *budget.Ledger, id string, parts []budget.Part, k func(country string) uint64) error {
	var columns []queries.ResultColumn
	for _, c := range p.columns {
		column := r.Columns[r.Index(c.name)]
		columns = append(columns, queries.ResultColumn{Column: column.Column, Type: column.Type})
	}
	r.Len = 0
	for _, part := range parts {
		text, ok := l.Released(id, part)
		if !ok {
			return fmt.Errorf("the ledger does not have %s", part)
		}
		var rows [][]json.RawMessage
		if err := json.Unmarshal(text, &rows); err != nil {
			return fmt.Errorf("the ledger's rows of %s: %w", part, err)
		}
		for _, row := range rows {
			values, counts, err := p.valuesOf(columns, row)
			if err != nil {
				return fmt.Errorf("the ledger's rows of %s: %w", part, err)
			}
			if suppress.Few(counts, k(part.Country)) {
				continue
			}
			for at := range columns {
				columns[at].Values = append(columns[at].Values, values[at])
			}
			r.Len++
		}
	}
	shares := p.shares(r, columns)
	r.Columns, r.Query.Columns = nil, nil
	for _, c := range append(columns, shares...) {
		r.Columns, r.Query.Columns = append(r.Columns, c), append(r.Query.Columns, c.Column)
	}
	return nil
}

// valuesOf reads a row of the ledger.
func (p *plan) valuesOf(columns []queries.ResultColumn, row []json.RawMessage) (values []any, counts []uint64, err error) {
	if len(row) != len(columns) {
		return nil, nil, fmt.Errorf("%d columns, want %d", len(row), len(columns))
	}
	for at, text := range row {
		value, err := valueOf(columns[at].Type, text)
		if err != nil {
			return nil, nil, fmt.Errorf("column %s: %w", columns[at].Name, err)
		}
		values = append(values, value)
		if p.columns[at].noised {
			counts = append(counts, value.(uint64))
		}
	}
	return values, counts, nil
}

// kinds are the Go types of the ClickHouse types that keys and what is about no client have.
var kinds = map[string]reflect.Type{
	"String": reflect.TypeFor[string](), "Date": reflect.TypeFor[time.Time](), "UInt8": reflect.TypeFor[uint8](), "UInt32": reflect.TypeFor[uint32](),
	"UInt64": reflect.TypeFor[uint64](), "Float64": reflect.TypeFor[float64](), "Array(String)": reflect.TypeFor[[]string](),
}

var lowCardinality = regexp.MustCompile(`LowCardinality\(([^()]*)\)`)

func valueOf(column string, text json.RawMessage) (any, error) {
	kind, ok := kinds[lowCardinality.ReplaceAllString(column, "$1")]
	if !ok {
		return nil, fmt.Errorf("type %s is none that is released", column)
	}
	value := reflect.New(kind)
	if err := json.Unmarshal(text, value.Interface()); err != nil {
		return nil, err
	}
	return value.Elem().Interface(), nil
}

// shares are the ratios of released counts.
func (p *plan) shares(r *queries.Result, columns []queries.ResultColumn) []queries.ResultColumn {
	var list []queries.ResultColumn
	for _, c := range r.Columns {
		of, out, ok := r.Query.Ratio(c.Column)
		if !ok {
			continue
		}
		part, whole := p.index(of), p.index(out)
		if part < 0 || whole < 0 || !p.columns[part].noised || !p.columns[whole].noised {
			continue
		}
		list = append(list, queries.ShareOf(c.Column, columns[part], columns[whole]))
	}
	return list
}
