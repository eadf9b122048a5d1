// Package columns is the one table of columns: of the batches that stages hand on, and of the tables of the store. The
// Arrow schemas, the views and builders of batches, the reference of tables and the check of a store follow from it.
//
// It must never be asked while telemetry is read: what that needs is generated into package schemas.
package columns

import (
	"bytes"
	_ "embed"
	"fmt"

	"gopkg.in/yaml.v3"
)

//go:embed columns.yaml
var text []byte

// All is every batch and every table, in the order in which the file has them.
type All struct {
	Meanings map[string]string // of columns by their name, where a column says nothing else
	Growth   map[string]Growth // what tables grow with, by its name
	Batches  []Group
	Tables   []Group
}

// Growth is what a table grows with.
type Growth struct {
	// With says what has more of these: WithRecords, WithDays or WithNothing.
	With  string
	About string
}

// What has more of what a table grows with.
const (
	WithRecords = "records"
	WithDays    = "days"
	WithNothing = "nothing"
)

// Group is the columns of a batch or a table, in their order.
type Group struct {
	Name, About string
	// Go is how the generated code calls it; empty: no batch is stored in the table.
	Go string
	// View and Builder are the types of the generated code; empty: there is none.
	View, Builder string
	// Grows names, under Growth, what a table grows with; empty for batches and views.
	Grows string
	// Counted: the table's rows are counted from others, not stored with the ranges of a source.
	Counted bool
	// Last: the batch's columns are the last ones of a record, not the first.
	Last    bool
	Columns []Column
}

// Column is one column.
type Column struct {
	Name, Type, About string
	// Role is key where it tells rows apart, sum where it is added up when rows are merged, else empty.
	Role string
	// By is store where the store fills it in.
	By string
	// Privacy is pseudonym where it stands for a client.
	Privacy string
	// Required: a row of a file in which it is NULL is rejected.
	Required bool
	// Short: a builder may have fewer of its values than rows.
	Short bool
}

// Roles of columns, and what fills them in.
const (
	Key     = "key"
	Sum     = "sum"
	ByStore = "store"
)

// engineTypes are the types of the engine in which the types of batches are stored.
var engineTypes = map[string]string{
	"time_ms": "DateTime64(3, 'UTC')", "time_s": "DateTime('UTC')", "day": "Date", "address": "IPv6",
	"label": "LowCardinality(String)", "labels": "Array(LowCardinality(String))", "text": "String", "texts": "Array(String)",
	"uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64", "int32": "Int32", "int64": "Int64",
	"float32": "Float32", "float64": "Float64",
}

// Engine gives the column's type in the store.
func (c Column) Engine() string {
	if t, ok := engineTypes[c.Type]; ok {
		return t
	}
	return c.Type
}

// InBatches reports whether batches have the column; otherwise the store fills it in.
func (c Column) InBatches() bool { return c.By != ByStore }

// Read gives all columns. A column without a type or a meaning is an error that names it.
func Read() (All, error) {
	var all All
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&all); err != nil {
		return All{}, fmt.Errorf("columns.yaml: %w", err)
	}
	for name, g := range all.Growth {
		if g.About == "" || g.With != WithRecords && g.With != WithDays && g.With != WithNothing {
			return All{}, fmt.Errorf("columns.yaml: growth %s: with %q, want records, days or nothing, and about", name, g.With)
		}
	}
	for _, groups := range [][]Group{all.Batches, all.Tables} {
		for _, g := range groups {
			if _, known := all.Growth[g.Grows]; g.Grows != "" && !known {
				return All{}, fmt.Errorf("columns.yaml: %s grows with %q, which is not under `growth`", g.Name, g.Grows)
			}
			if g.About == "" {
				return All{}, fmt.Errorf("columns.yaml: %s has no meaning", g.Name)
			}
			for i := range g.Columns {
				if err := g.Columns[i].complete(all.Meanings); err != nil {
					return All{}, fmt.Errorf("columns.yaml: %s: %w", g.Name, err)
				}
			}
		}
	}
	for _, t := range all.Tables {
		if isView := len(t.Columns) == 0; isView != (t.Grows == "") {
			return All{}, fmt.Errorf("columns.yaml: %s: a table says with `grows` what it grows with, a view does not", t.Name)
		}
	}
	return all, nil
}

// complete fills the meaning in, and checks the rest.
func (c *Column) complete(meanings map[string]string) error {
	if c.About == "" {
		c.About = meanings[c.Name]
	}
	switch {
	case c.About == "":
		return fmt.Errorf("column %s has no meaning: give it `about`, or its name a line under `meanings`", c.Name)
	case c.Type == "":
		return fmt.Errorf("column %s has no type", c.Name)
	case c.Role != "" && c.Role != Key && c.Role != Sum:
		return fmt.Errorf("column %s: role %q, want key or sum", c.Name, c.Role)
	case c.By != "" && c.By != ByStore:
		return fmt.Errorf("column %s: by %q, want store", c.Name, c.By)
	case c.Privacy != "" && c.Privacy != "pseudonym":
		return fmt.Errorf("column %s: privacy %q, want pseudonym", c.Name, c.Privacy)
	}
	return nil
}
