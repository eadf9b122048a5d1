package account

import (
	"encoding/json"
	"fmt"
	"time"
)

// Format is how the cells of a column are printed.
type Format string

// Formats of columns. Cells are strings for Text; float64, Number or int for the
// others; nil where unknown.
const (
	Text    Format = "text"
	Count   Format = "count"   // whole, grouped thousands
	Decimal Format = "decimal" // sensible precision
	Percent Format = "percent" // in percent, with its sign
	PValue  Format = "p"
	Date    Format = "date" // time.Time, as an ISO day
)

// Column is one column of a table.
type Column struct {
	Name   string `json:"name"`
	Format Format `json:"format"`
}

// Table is a table with a caption; its first column names the row.
type Table struct {
	Caption string   `json:"caption"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

const ISODay = "2006-01-02"

// FormatCell prints one cell; what is unknown is a Dash.
func FormatCell(format Format, cell any) string {
	switch v := cell.(type) {
	case nil:
		return Dash
	case string:
		return v
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case time.Time:
		return v.Format(ISODay)
	case int:
		return FormatNumeric(format, Number(v))
	case int64:
		return FormatNumeric(format, Number(v))
	case uint64:
		return FormatNumeric(format, Number(v))
	case float64:
		return FormatNumeric(format, Number(v))
	case Number:
		return FormatNumeric(format, v)
	default:
		return fmt.Sprint(v)
	}
}

func FormatNumeric(format Format, n Number) string {
	switch format {
	case Count:
		return formatFixed(n, 0)
	case Percent:
		return Quantity{Value: n, Signed: true, Interval: NoInterval()}.percentCell()
	case PValue:
		return FormatP(n)
	default:
		return FormatNumber(n)
	}
}

// percentCell prints a signed percentage with one decimal below a hundred, so that
// the figures of a column align.
func (q Quantity) percentCell() string {
	if !q.Value.Known() {
		return Dash
	}
	places := 1
	if q.Value >= 100 || q.Value <= -100 {
		places = 0
	}
	text := formatFixed(q.Value, places)
	if q.Value > 0 {
		text = "+" + text
	}
	return text + hardSpace + "%"
}

// Numeric says whether the column is set flush right.
func (c Column) Numeric() bool { return c.Format != Text && c.Format != Date && c.Format != "" }

// MarshalJSON writes unknown numbers as null and days as ISO dates.
func (t Table) MarshalJSON() ([]byte, error) {
	type plain Table // without this method
	out := plain(t)
	out.Rows = make([][]any, len(t.Rows))
	for i, row := range t.Rows {
		out.Rows[i] = make([]any, len(row))
		for j, cell := range row {
			switch v := cell.(type) {
			case float64:
				out.Rows[i][j] = Number(v)
			case time.Time:
				out.Rows[i][j] = v.Format(ISODay)
			default:
				out.Rows[i][j] = v
			}
		}
	}
	return json.Marshal(out)
}
