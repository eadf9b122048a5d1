// Command generate writes the Arrow schemas, the views and the builders of package schemas from the table of columns.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/format"
	"os"
	"strings"
	"text/template"

	"github.com/banshift/banshift/schemas/columns"
)

//go:embed generated.go.tmpl
var page string

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(path string) error {
	all, err := columns.Read()
	if err != nil {
		return err
	}
	t, err := template.New("").Funcs(template.FuncMap{
		"go": goName, "arrow": arrowOf, "view": viewOf, "values": valuesOf, "builder": builderOf, "make": makeOf, "array": arrayOf, "fill": fillOf,
		"comment": comment,
	}).Parse(page)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, all); err != nil {
		return err
	}
	source, err := format.Source(b.Bytes())
	if err != nil {
		return fmt.Errorf("what was generated is no Go: %w\n%s", err, b.Bytes())
	}
	return os.WriteFile(path, source, 0o644)
}

// initialisms are written in capitals in Go.
var initialisms = map[string]string{"asn": "ASN", "tcp": "TCP", "sni": "SNI", "alpn": "ALPN", "ja4": "JA4", "dns": "DNS", "us": "US"}

// goName is a column's or table's name in Go.
func goName(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if known, ok := initialisms[part]; ok {
			b.WriteString(known)
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// comment writes a text as lines of a comment behind a name.
func comment(name, about string) string {
	return "// " + name + ": " + strings.ReplaceAll(about, "\n", "\n// ")
}

// kind is how Go has the values of a type. Types of fixed width have a Go type of their values.
type kind struct {
	arrow, view, values string
	fixed               string
}

var kinds = map[string]kind{
	"time_ms":     {"timestampMS", "[]arrow.Timestamp", "(*array.Timestamp).TimestampValues()", "int64"},
	"time_s":      {"timestampS", "[]arrow.Timestamp", "(*array.Timestamp).TimestampValues()", "int64"},
	"day":         {"date", "[]arrow.Date32", "(*array.Date32).Date32Values()", "int32"},
	"address":     {"address", "*array.FixedSizeBinary", "(*array.FixedSizeBinary)", "[16]byte"},
	"first_sizes": {"firstSizes", "[]int16", "", "[MaxFirstSizes]int16"},
	"label":       {"utf8Dict", "*array.Dictionary", "(*array.Dictionary)", ""},
	"text":        {"arrow.BinaryTypes.String", "*array.String", "(*array.String)", ""},
	"bool":        {"arrow.FixedWidthTypes.Boolean", "*array.Boolean", "(*array.Boolean)", ""},
	"addresses":   {"arrow.ListOf(address)", "*array.List", "(*array.List)", ""},
	"numbers":     {"arrow.ListOf(arrow.PrimitiveTypes.Uint16)", "*array.List", "(*array.List)", ""},
	"labels":      {"arrow.ListOf(arrow.BinaryTypes.String)", "*array.List", "(*array.List)", ""},
}

func kindOf(typ string) (kind, error) {
	if k, ok := kinds[typ]; ok {
		return k, nil
	}
	switch typ {
	case "uint8", "uint16", "uint32", "uint64", "int32", "int64", "float32", "float64":
		name := goName(typ)
		return kind{"arrow.PrimitiveTypes." + name, "[]" + typ, "(*array." + name + ")." + name + "Values()", typ}, nil
	}
	return kind{}, fmt.Errorf("batches have no columns of type %s", typ)
}

func arrowOf(c columns.Column) (string, error) {
	k, err := kindOf(c.Type)
	field := fmt.Sprintf("{Name: %q, Type: %s}", c.Name, k.arrow)
	if c.Type == "first_sizes" {
		// Though it never is null: Arrow's Parquet writer drops the values otherwise.
		field = strings.TrimSuffix(field, "}") + ", Nullable: true}"
	}
	return field, err
}

func viewOf(c columns.Column) (string, error) {
	k, err := kindOf(c.Type)
	return k.view, err
}

// valuesOf takes the values of column at out of a record.
func valuesOf(c columns.Column, at string) (string, error) {
	k, err := kindOf(c.Type)
	if c.Type == "first_sizes" {
		return "firstSizesOf(rec.Column(" + at + "))", err
	}
	return "rec.Column(" + at + ")." + k.values, err
}

func builderOf(c columns.Column) (string, error) {
	k, err := kindOf(c.Type)
	switch {
	case k.fixed != "":
		return "Column[" + k.fixed + "]", err
	case c.Type == "label":
		return "DictColumn", err
	case c.Type == "text":
		return "TextColumn", err
	case c.Type == "bool":
		return "*array.BooleanBuilder", err
	case c.Type == "addresses":
		return "*array.ListBuilder", err
	}
	return "", fmt.Errorf("builders have no columns of type %s", c.Type)
}

// makeOf makes the column of a builder with room for its rows.
func makeOf(c columns.Column) (string, error) {
	room := "n"
	if c.Short {
		room = "0"
	}
	switch c.Type {
	case "bool":
		return "array.NewBooleanBuilder(mem)", nil
	case "addresses":
		return "array.NewListBuilder(mem, address)", nil
	}
	name, err := builderOf(c)
	return "New" + name + "(mem, " + room + ")", err
}

// arrayOf hands the column of a builder over.
func arrayOf(c columns.Column) (string, error) {
	k, err := kindOf(c.Type)
	name := "b." + goName(c.Name)
	switch {
	case c.Type == "first_sizes":
		return "firstSizesArray(&" + name + ")", err
	case c.Type == "bool" || c.Type == "addresses":
		return "released(" + name + ")", err
	case k.fixed != "":
		return name + ".Array(" + k.arrow + ")", err
	}
	return name + ".Array()", err
}

// fillOf lengthens a column that may be shorter.
func fillOf(c columns.Column) string {
	name := "b." + goName(c.Name)
	switch c.Type {
	case "text":
		return name + ".FillEmpty(n)"
	case "label":
		return name + ".Fill(n, nil)"
	}
	return name + ".FillZero(n)"
}
