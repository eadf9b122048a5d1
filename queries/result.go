package queries

import "slices"

// Result is the answer of a named query as typed columns, each with its role: what decides which
// rows may be shown looks at it before it is written in any format.
type Result struct {
	Query   Query
	Params  map[string]string // a value for each parameter
	Columns []ResultColumn
	Len     int // rows
}

// ResultColumn is one column of a result. Values has one value a row, of the Go type that
// clickhouse-go scans the ClickHouse type into.
type ResultColumn struct {
	Column
	Type   string // as ClickHouse names it
	Values []any
}

// Index is the place of a column, -1 where there is none of the name.
func (r *Result) Index(name string) int {
	return slices.IndexFunc(r.Columns, func(c ResultColumn) bool { return c.Name == name })
}

// ShareOf makes the column of a share anew from those that it is of; of nothing it is 0.
func ShareOf(c Column, part, whole ResultColumn) ResultColumn {
	made := ResultColumn{Column: c, Type: "Float64"}
	for i := range part.Values {
		share := 0.0
		if of := number(whole.Values[i]); of > 0 {
			share = number(part.Values[i]) / of
		}
		made.Values = append(made.Values, share)
	}
	return made
}

func number(value any) float64 {
	switch v := value.(type) {
	case uint64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// Keep takes the rows out that are not to be kept; keep has one value a row.
func (r *Result) Keep(keep []bool) {
	for i, c := range r.Columns {
		kept := c.Values[:0]
		for row, value := range c.Values {
			if keep[row] {
				kept = append(kept, value)
			}
		}
		r.Columns[i].Values = kept
		r.Len = len(kept)
	}
}
