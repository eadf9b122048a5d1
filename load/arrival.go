package load

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
)

// before says what may be in the store of a range that is to be written.
type before int

const (
	nothing  before = iota // it was not begun
	marked                 // it was begun, by inserts whose marks tell what arrived
	unmarked               // it was begun by a version that made no marks: tokens alone tell
)

// insertion is one record of a range on its way into its table. Its first row of each
// partition is marked, so that the store can be asked whether the rows arrived.
type insertion struct {
	table  string
	record arrow.Record
	shard  int      // that it goes to, from 1; 0: the table is not sharded
	name   string   // TABLE-NUMBER, the first, second, … record of the table; with @SHARD where it is sharded
	mark   string   // token of the range and name
	parts  []string // partitions of the table, in the order of their first rows
	first  []int    // rows of those
}

// insertions are those of b, in the order of its tables.
func (b Batch) insertions() []insertion {
	stem := b.token()
	type place struct {
		table string
		shard int
	}
	count := map[place]int{}
	var all []insertion
	for _, t := range b.Tables {
		name := fmt.Sprintf("%s-%d", t.Name, count[place{t.Name, t.shard}])
		count[place{t.Name, t.shard}]++
		if t.shard > 0 {
			name += fmt.Sprintf("@%d", t.shard)
		}
		if t.Record.NumRows() == 0 || t.Name == schemas.TableVerdicts {
			continue
		}
		i := insertion{table: t.Name, record: t.Record, shard: t.shard, name: name, mark: stem + "-" + name}
		i.parts, i.first = partitionsOf(t.Record)
		all = append(all, i)
	}
	return all
}

// token is what the table knows an insert by: the first one's, and those of the inserts
// that go in its place.
func (i insertion) token(try int) string {
	if try == 1 {
		return i.mark
	}
	return fmt.Sprintf("%s-%d", i.mark, try)
}

// entries are what the ledger writes down of i.
func (i insertion) entries() []string {
	entries := make([]string, len(i.parts))
	for k, part := range i.parts {
		entries[k] = i.name + "/" + part
	}
	return entries
}

// monthly reports whether the table is partitioned by the month of its first column.
func (i insertion) monthly() bool { return i.parts[0] != wholeTable }

// wholeTable is the engine's name of the partition of a table that has no others.
const wholeTable = "all"

// partitionsOf gives the partitions that the rows of a record go to, as the engine names
// them, and the first row of each.
func partitionsOf(rec arrow.Record) (parts []string, first []int) {
	day := dayOf(rec.Column(0))
	if day == nil {
		return []string{wholeTable}, []int{0}
	}
	known := map[string]bool{}
	last := int64(0)
	for row := range int(rec.NumRows()) {
		now := day(row)
		if row > 0 && now == last {
			continue
		}
		last = now
		if part := time.Unix(now*86400, 0).UTC().Format("200601"); !known[part] {
			known[part] = true
			parts, first = append(parts, part), append(first, row)
		}
	}
	return parts, first
}

// dayOf gives the days since 1970 of a column of times; nil: it is none.
func dayOf(column arrow.Array) func(row int) int64 {
	switch column := column.(type) {
	case *array.Date32:
		return func(row int) int64 { return int64(column.Value(row)) }
	case *array.Timestamp:
		unit := int64(1000)
		if column.DataType().(*arrow.TimestampType).Unit == arrow.Second {
			unit = 1
		}
		return func(row int) int64 { return schemas.Day(int64(column.Value(row)) * 1000 / unit) }
	}
	return nil
}

// withMarks is the record of i and a column that is 1 in the rows that are marked.
func (i insertion) withMarks() arrow.Record {
	flags := make([]uint8, i.record.NumRows())
	for _, row := range i.first {
		flags[row] = 1
	}
	b := array.NewUint8Builder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(flags, nil)
	column := b.NewArray()
	defer column.Release()
	schema := arrow.NewSchema(append(slices.Clone(i.record.Schema().Fields()), arrow.Field{Name: "marked", Type: arrow.PrimitiveTypes.Uint8}), nil)
	return array.NewRecord(schema, append(slices.Clone(i.record.Columns()), column), i.record.NumRows())
}

// arrive has the rows of i in their table, once. An insert that is acknowledged at the first
// try has them there; after anything else the store is asked what arrived.
func (s *Store) arrive(ctx context.Context, i insertion, held lease, was before) error {
	try := func() error { return s.insertOnce(ctx, i, held, 1, i.parts) }
	first := was == nothing
	err := s.retry(ctx, 0, func() error {
		if first || was == unmarked {
			first = false
			return try()
		}
		return s.complete(ctx, i, held)
	})
	if err == nil {
		return nil
	}
	if _, fault := diskFault(err); fault != nil {
		return explain(s.name, err) // of shards it is to be known whose disk it is
	}
	return fmt.Errorf("insert into %s: %w", i.table, err)
}

// completeTries bounds how often rows are sent that the store takes and does not have.
const completeTries = 20

// complete inserts what did not arrive of i. A token does not tell that: a server that is
// killed between noting it and keeping the rows drops their repetition as known. So what
// is not there goes in under the next token, and is looked for again.
func (s *Store) complete(ctx context.Context, i insertion, held lease) error {
	for try := 1; try <= completeTries; try++ {
		// An earlier try whose answer was lost may still run.
		if err := s.endWriters(ctx, held.mine()+i.mark, "none"); err != nil {
			return err
		}
		arrived, err := s.arrived(ctx, i)
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(i.parts), func(part string) bool { return slices.Contains(arrived, part) })
		if len(missing) == 0 {
			return nil
		}
		if err := s.insertOnce(ctx, i, held, try, missing); err != nil {
			return err
		}
	}
	return fmt.Errorf("the store took the rows %d times and does not have them", completeTries)
}

// arrived gives the partitions in which the rows of i are.
func (s *Store) arrived(ctx context.Context, i insertion) ([]string, error) {
	parts, err := collect(ctx, s.conn, itself[string], fmt.Sprintf(statements.ArrivedPartitions, quoteName(i.table)), i.parts, i.mark)
	if err != nil {
		return nil, fmt.Errorf("what arrived: %w", err)
	}
	return parts, nil
}

// insertOnce sends the rows of some partitions of i under the token of a try.
func (s *Store) insertOnce(ctx context.Context, i insertion, held lease, try int, parts []string) error {
	r, err := s.insertRequest(ctx, i, held, try, parts)
	if err != nil {
		return err
	}
	_, err = s.post(ctx, s.addr, r)
	if err != nil && s.taken(ctx, held) {
		return ErrLease // a refused statement may end as a broken connection
	}
	return fenced(err)
}

func (s *Store) insertRequest(ctx context.Context, i insertion, held lease, try int, parts []string) (request, error) {
	columns := columnNames(i.record)
	structure, err := s.structure(ctx, i.table, columns, "marked UInt8")
	if err != nil {
		return request{}, err
	}
	token := i.token(try)
	r := request{
		// The data begins behind the format's name.
		sql:      fmt.Sprintf(strings.TrimSpace(statements.InsertFenced), quoteName(i.table), quoteNames(columns), structure),
		settings: insertSettings(token),
		params:   held.params(),
		write: func(w io.Writer) error {
			rec := i.withMarks()
			defer rec.Release()
			return writeArrow(w, rec)
		},
	}
	r.settings["query_id"] = held.mine() + token
	r.params["mark"] = i.mark
	if i.monthly() && len(parts) < len(i.parts) {
		r.sql = fmt.Sprintf(strings.TrimSpace(statements.InsertMissing), quoteName(i.table), quoteNames(columns), structure, quoteName(columns[0]))
		r.params["missing"] = "['" + strings.Join(parts, "','") + "']"
	}
	return r, nil
}
