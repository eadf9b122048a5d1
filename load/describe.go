package load

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/schemas/migrations"
)

// About is what a file says of itself in addition to its rows.
type About struct {
	Program  string // version
	Licence  string // of the data; empty: not stated
	Citation string // how the operator wants the data to be cited; empty: made from the rest
}

// metadataPrefix begins the keys that this program puts into a Parquet file.
const metadataPrefix = "banshift."

// asTheyAre is said of the clients in a file that nothing was taken out of.
var asTheyAre = map[string]string{"privacy": "clients are counted by pseudonyms of one day; small counts are as they are: not for publication"}

// described writes the rows of a query as Parquet that says what it is. They go through a
// file: what is said of the rows is taken from them.
func (s *Store) described(ctx context.Context, q queries.Query, values, privacy map[string]string, w io.Writer, write func(io.Writer) error) error {
	rows, err := os.CreateTemp("", "banshift-rows-*.parquet")
	if err != nil {
		return fmt.Errorf("query %s: %w", q.Name, err)
	}
	defer os.Remove(rows.Name())
	defer rows.Close()
	if err := write(rows); err != nil {
		return err
	}
	about, err := s.describe(ctx, q, values)
	if err != nil {
		return err
	}
	maps.Copy(about, privacy)
	if err := describeFile(rows, about, w); err != nil {
		return fmt.Errorf("query %s: %w", q.Name, err)
	}
	return nil
}

// describe says of a query's result what its rows do not.
func (s *Store) describe(ctx context.Context, q queries.Query, values map[string]string) (map[string]string, error) {
	all, err := migrations.All()
	if err != nil {
		return nil, err
	}
	made, err := s.madeBy(ctx)
	if err != nil {
		return nil, err
	}
	params, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	columns := map[string]string{}
	for _, c := range q.Columns {
		columns[c.Name] = string(c.Role) + ": " + c.Text
	}
	dictionary, err := json.Marshal(columns)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"program": "banshift " + s.about.Program, "schema": strconv.Itoa(all[len(all)-1].Number),
		"query": q.Name, "title": q.Title, "question": q.Question, "parameters": string(params), "columns": string(dictionary),
		"packs": strings.Join(made.packs, ", "), "lists": strings.Join(made.lists, ", "),
		"licence": cmp.Or(s.about.Licence, "not stated by who exported it"), "citation": s.about.Citation,
	}, nil
}

type versions struct{ packs, lists []string }

// madeBy gives the rule packs and lists behind what is stored.
func (s *Store) madeBy(ctx context.Context) (versions, error) {
	q, err := queries.Get("versions")
	if err != nil {
		return versions{}, err
	}
	var text bytes.Buffer
	if err := s.read(ctx, q.SQL, nil, &text, JSON); err != nil {
		return versions{}, err
	}
	var rows []struct{ Pack, Lists string }
	if err := json.Unmarshal(text.Bytes(), &rows); err != nil {
		return versions{}, fmt.Errorf("query versions: %w", err)
	}
	var v versions
	for _, row := range rows {
		if row.Pack != "" {
			v.packs = append(v.packs, row.Pack)
		}
		if row.Lists != "" {
			v.lists = append(v.lists, row.Lists)
		}
	}
	slices.Sort(v.packs)
	slices.Sort(v.lists)
	return versions{slices.Compact(v.packs), slices.Compact(v.lists)}, nil
}

// describeFile copies a Parquet file and adds to its footer what is said about it, and the
// days and the kind of its rows.
func describeFile(rows *os.File, about map[string]string, w io.Writer) error {
	reader, err := file.NewParquetReader(rows)
	if err != nil {
		return err
	}
	defer reader.Close()
	span, err := spanOf(reader)
	if err != nil {
		return err
	}
	maps.Copy(about, span)
	about["citation"] = cmp.Or(about["citation"], cited(about))
	footer := reader.MetaData()
	pairs := slices.Clone(metadata.KeyValueMetadata(footer.FileMetaData.KeyValueMetadata))
	for _, key := range slices.Sorted(maps.Keys(about)) {
		if err := pairs.Append(metadataPrefix+key, about[key]); err != nil {
			return err
		}
	}
	footer.FileMetaData.KeyValueMetadata = pairs
	return copyWithFooter(rows, footer, w)
}

// copyWithFooter copies the pages of a Parquet file and writes another footer behind them:
// its length in four bytes, and the file's mark, end the file.
func copyWithFooter(rows io.ReadSeeker, footer *metadata.FileMetaData, w io.Writer) error {
	const ending = 8
	if _, err := rows.Seek(-ending, io.SeekEnd); err != nil {
		return err
	}
	var last [ending]byte
	if _, err := io.ReadFull(rows, last[:]); err != nil {
		return err
	}
	size, err := rows.Seek(-ending-int64(binary.LittleEndian.Uint32(last[:4])), io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.CopyN(w, rows, size); err != nil {
		return err
	}
	var text bytes.Buffer
	if _, err := footer.WriteTo(&text, nil); err != nil {
		return err
	}
	end := binary.LittleEndian.AppendUint32(nil, uint32(text.Len()))
	_, err = w.Write(append(append(text.Bytes(), end...), last[4:]...))
	return err
}

// readRows is how many rows of a column are looked at at a time.
const readRows = 1 << 16

// spanOf gives the first and the last day of the rows and whether they are simulated, as
// far as they have such columns.
func spanOf(reader *file.Reader) (map[string]string, error) {
	arrows, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{BatchSize: readRows}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	schema, err := arrows.Schema()
	if err != nil {
		return nil, err
	}
	span := map[string]string{"rows": strconv.FormatInt(reader.NumRows(), 10), "simulated": "not stated"}
	if i := schema.FieldIndices("day"); len(i) == 1 {
		if err := eachValue(arrows, "day", func(v string) {
			span["first_day"] = min(cmp.Or(span["first_day"], v), v)
			span["last_day"] = max(span["last_day"], v)
		}); err != nil {
			return nil, err
		}
	}
	if i := schema.FieldIndices("simulated"); len(i) == 1 {
		kinds := map[string]bool{}
		if err := eachValue(arrows, "simulated", func(v string) { kinds[v] = true }); err != nil {
			return nil, err
		}
		span["simulated"] = map[[2]bool]string{{true, false}: "yes", {false, true}: "no", {true, true}: "some rows", {false, false}: "no rows"}[[2]bool{kinds["1"], kinds["0"]}]
	}
	return span, nil
}

// eachValue visits the values of a column.
func eachValue(arrows *pqarrow.FileReader, name string, visit func(string)) error {
	leaf := arrows.ParquetReader().MetaData().Schema.ColumnIndexByName(name)
	groups := make([]int, arrows.ParquetReader().NumRowGroups())
	for i := range groups {
		groups[i] = i
	}
	records, err := arrows.GetRecordReader(context.Background(), []int{leaf}, groups)
	if err != nil {
		return err
	}
	defer records.Release()
	for records.Next() {
		column := records.Record().Column(0)
		for i := range column.Len() {
			if column.IsValid(i) {
				visit(valueOf(column, i))
			}
		}
	}
	if err := records.Err(); err != nil && err != io.EOF {
		return err
	}
	return nil
}

func valueOf(column arrow.Array, i int) string {
	if days, ok := column.(*array.Date32); ok {
		return days.Value(i).ToTime().Format("2006-01-02")
	}
	return column.ValueStr(i)
}

// cited is how a file is cited where nobody said how.
func cited(about map[string]string) string {
	text := fmt.Sprintf("%s (banshift query %s %s)", about["title"], about["query"], about["parameters"])
	if about["first_day"] != "" {
		text += fmt.Sprintf(", %s to %s", about["first_day"], about["last_day"])
	}
	if about["simulated"] == "yes" {
		text += ", simulated"
	}
	return text + ", made with " + about["program"]
}
