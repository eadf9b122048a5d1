package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/release/policy"
)

// derived are partitions that are made of the column day. All others are key columns themselves.
var derived = map[string]string{"year": "2006", "month": "2006-01"}

// noValue is what Hive calls the partition of rows without a value.
const noValue = "__HIVE_DEFAULT_PARTITION__"

// CheckPartitions finds a partition that a question does not have: it is a key column, or year or month where there is a day.
func CheckPartitions(q queries.Query, by []string) error {
	seen := map[string]bool{}
	for _, name := range by {
		column := name
		if derived[name] != "" {
			column = "day"
		}
		at := q.Index(column)
		if at < 0 || q.Columns[at].Role != queries.Key || column == "day" && derived[name] == "" || seen[name] {
			var can []string
			for _, c := range q.Columns {
				if c.Role == queries.Key && c.Name == "day" {
					can = append(can, "year", "month")
				} else if c.Role == queries.Key {
					can = append(can, c.Name)
				}
			}
			return fmt.Errorf("%s cannot be parted by %q: its parts are %s, each once", q.Name, name, strings.Join(can, ", "))
		}
		seen[name] = true
	}
	return nil
}

// part is the rows of one combination of partitions.
type part struct {
	path string // country=ru/month=2018-04
	rows []int
}

// partedBy parts the rows of a result, in the order of their paths.
func partedBy(r *queries.Result, by []string) []part {
	rows := map[string][]int{}
	for i := range r.Len {
		names := make([]string, len(by))
		for k, name := range by {
			names[k] = name + "=" + partitionValue(r, name, i)
		}
		path := strings.Join(names, "/")
		rows[path] = append(rows[path], i)
	}
	var parts []part
	for _, path := range slices.Sorted(maps.Keys(rows)) {
		parts = append(parts, part{path, rows[path]})
	}
	return parts
}

// partitionValue is a row's value as a directory may have it.
func partitionValue(r *queries.Result, name string, row int) string {
	text := ""
	if layout := derived[name]; layout != "" {
		if day, ok := r.Columns[r.Index("day")].Values[row].(time.Time); ok {
			text = day.Format(layout)
		}
	} else {
		text = fmt.Sprint(r.Columns[r.Index(name)].Values[row])
	}
	if text == "" {
		return noValue
	}
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// of is the part's rows as a result. What the path says is no column of it, as readers of Hive's layout want it.
func (p part) of(r *queries.Result, by []string) *queries.Result {
	made := &queries.Result{Query: r.Query, Params: r.Params, Len: len(p.rows)}
	for _, c := range r.Columns {
		if slices.Contains(by, c.Name) {
			continue
		}
		values := make([]any, len(p.rows))
		for i, row := range p.rows {
			values[i] = c.Values[row]
		}
		made.Columns = append(made.Columns, queries.ResultColumn{Column: c.Column, Type: c.Type, Values: values})
	}
	return made
}

// ExportPartitioned writes what was released as DIR/NAME/country=ru/month=2018-04/part-0.parquet and so on, in Hive's layout, and
// what it is as DIR/NAME.json. The directory appears when it is whole, and takes the place of an earlier one.
func (s *Store) ExportPartitioned(ctx context.Context, released policy.Released, by []string, dir string) (Exported, error) {
	r := released.Result()
	if err := CheckPartitions(r.Query, by); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	done := exportedOf(released)
	done.File, done.Partition = r.Query.Name, by
	making := filepath.Join(dir, "."+r.Query.Name+"-"+rand.Text())
	defer os.RemoveAll(making) // no longer there after the rename
	if err := os.MkdirAll(making, 0o777); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	for _, p := range partedBy(r, by) {
		name := p.path + "/part-0.parquet"
		file, err := s.exportPart(ctx, p.of(r, by), filepath.Join(making, filepath.FromSlash(name)), released.Said(), p.path)
		if err != nil {
			return Exported{}, err
		}
		file.File = r.Query.Name + "/" + name
		done.Files, done.Bytes = append(done.Files, file), done.Bytes+file.Bytes
	}
	whole := filepath.Join(dir, r.Query.Name)
	if err := errors.Join(os.RemoveAll(whole), os.Rename(making, whole)); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	return done, writeDescription(dir, done)
}

func (s *Store) exportPart(ctx context.Context, r *queries.Result, path string, said policy.Said, partition string) (ExportedFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return ExportedFile{}, fmt.Errorf("export: %w", err)
	}
	about := saidOf(said)
	about["partition"] = partition
	file := ExportedFile{Rows: r.Len}
	var err error
	file.Bytes, file.SHA256, err = writeHashed(path, func(w io.Writer) error { return s.writeSaying(ctx, r, w, Parquet, about) })
	return file, err
}
