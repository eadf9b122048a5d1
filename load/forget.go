package load

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"
	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/schemas/statements"
	"github.com/banshift/banshift/transform/counts"
)

// What can be forgotten.
const (
	ForgetSource    = "source"
	ForgetDay       = "day"
	ForgetNetwork   = "network"
	ForgetClientDay = "client-day"
)

// Forgetting says what is to be forgotten.
type Forgetting struct {
	What    string
	Sources []string  // names in the ledger, with their later readings
	Day     time.Time // UTC; of a day, and of a client's day
	Country string    // of a day; empty: all
	ASN     uint32
	Client  uint64 // pseudonym
}

// Forgotten says what was.
type Forgotten struct {
	Rows map[string]uint64 // by table
	// Counted is how many days of countries were counted again.
	Counted int
	// Ranges is how many ranges of sources can be read again, all of whose records were forgotten.
	Ranges int
}

// forgottenRow is one row of table forgotten.
type forgottenRow struct {
	ID      string  `json:"id"`
	State   string  `json:"state"`
	What    string  `json:"what"`
	Day     *string `json:"day"`
	Origin  uint64  `json:"origin"`
	Table   string  `json:"table_name"`
	Rows    uint64  `json:"rows"`
	Records int64   `json:"records"`
}

// conditions say which rows of tables are deleted.
type conditions struct {
	Tables map[string]string `yaml:"tables"`
	Counts map[string]string `yaml:"counts"`
}

func forgetConditions() (map[string]conditions, error) {
	var all map[string]conditions
	if err := yaml.Unmarshal(statements.Forget, &all); err != nil {
		return nil, fmt.Errorf("what is forgotten: %w", err)
	}
	return all, nil
}

// Forget deletes everywhere what f says, and returns when no file of the store has it any
// more. Days that it was a part of are counted again. Programs that write the same sources
// lose their lease. Cut off, it has to be repeated.
func (s *Store) Forget(ctx context.Context, f Forgetting) (Forgotten, error) {
	done, err := s.forget(ctx, f)
	if err != nil {
		return done, explain(s.name, fmt.Errorf("forget: %w", err))
	}
	return done, nil
}

func (s *Store) forget(ctx context.Context, f Forgetting) (Forgotten, error) {
	all, err := forgetConditions()
	if err != nil {
		return Forgotten{}, err
	}
	job := &forgetJob{store: s, all: all, of: f, id: rand.Text(), rows: map[string]uint64{}}
	before, err := job.unaccounted(ctx)
	if err != nil {
		return Forgotten{}, err
	}
	if err := job.run(ctx); err != nil {
		return Forgotten{}, err
	}
	if err := job.sweep(ctx); err != nil {
		return Forgotten{}, err
	}
	after, err := job.unaccounted(ctx)
	if err != nil {
		return Forgotten{}, err
	}
	return Forgotten{Rows: job.rows, Counted: job.counted, Ranges: len(job.ranges)}, job.log(ctx, after-before)
}

// forgetJob is one deletion under way.
type forgetJob struct {
	store   *Store
	all     map[string]conditions
	of      Forgetting
	id      string
	rows    map[string]uint64
	sources []string // whose rows in the ledger go, wholly or in part
	ranges  []sourceRange
	kept    map[counts.Key]bool // days whose questions cannot be counted again
	counted int
}

type sourceRange struct {
	source      string
	partition   int32
	first, next int64
}

func (j *forgetJob) run(ctx context.Context) error {
	params := j.params()
	if err := j.takeSources(ctx); err != nil {
		return err
	}
	if j.of.What == ForgetSource {
		params["sources"], params["origins"] = arrayOf(j.sources, quoteText), arrayOf(j.sources, func(s string) string { return strconv.FormatUint(originOf(s), 10) })
	}
	days, err := j.touchedDays(ctx, params)
	if err != nil {
		return err
	}
	expired, err := j.expiredDays(ctx, days, j.store.expiredDays)
	if err != nil {
		return err
	}
	if j.kept, err = j.expiredDays(ctx, days, j.store.expiredQuestions); err != nil {
		return err
	}
	wanted := j.all[j.of.What]
	if err := j.erase(ctx, wanted.Tables, params); err != nil {
		return err
	}
	if err := j.eraseRanges(ctx); err != nil {
		return err
	}
	if err := j.erase(ctx, wanted.Counts, params); err != nil {
		return err
	}
	if j.of.What != ForgetDay { // a day that is forgotten whole has no counts to keep
		days = slices.DeleteFunc(days, func(k counts.Key) bool { return expired[k] })
	} else {
		clear(j.kept)
	}
	return j.recount(ctx, days)
}

// params are those of the conditions.
func (j *forgetJob) params() map[string]string {
	return map[string]string{
		"day": j.of.Day.UTC().Format(time.DateOnly), "country": j.of.Country,
		"asn": strconv.FormatUint(uint64(j.of.ASN), 10), "client": strconv.FormatUint(j.of.Client, 10),
	}
}

func arrayOf(texts []string, each func(string) string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = each(t)
	}
	return "[" + strings.Join(out, ",") + "]"
}

// erase deletes rows of tables, the ledger last: until then a repetition finds all of it.
func (j *forgetJob) erase(ctx context.Context, tables map[string]string, params map[string]string) error {
	names := slices.SortedFunc(maps.Keys(tables), func(a, b string) int {
		return cmp.Or(cmp.Compare(btoi(a == "batches"), btoi(b == "batches")), cmp.Compare(a, b))
	})
	for _, name := range names {
		rows, err := j.store.deleteRows(ctx, name, tables[name], params)
		if err != nil {
			return err
		}
		j.rows[name] += rows
	}
	return nil
}

// sweep waits until no file has the rows of any table that may have been deleted from.
func (j *forgetJob) sweep(ctx context.Context) error {
	tables := maps.Clone(j.all[j.of.What].Tables)
	maps.Copy(tables, j.all["ranges"].Tables)
	maps.Copy(tables, j.all["recount"].Tables)
	group, ctx := errgroup.WithContext(ctx)
	for table := range tables {
		group.Go(func() error { return j.store.sweep(ctx, table) })
	}
	return group.Wait()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// takeSources takes the leases of the sources whose ledger changes, so that nobody writes
// them meanwhile, and has them be read again under other tokens.
func (j *forgetJob) takeSources(ctx context.Context) error {
	var err error
	switch j.of.What {
	case ForgetSource:
		j.sources, err = j.readings(ctx)
	case ForgetDay:
		err = j.wholeRanges(ctx)
	}
	if err != nil || len(j.sources) == 0 {
		return err
	}
	s := j.store
	partitions, err := s.writtenPartitions(ctx, j.sources)
	if err != nil {
		return err
	}
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for _, p := range partitions {
		if _, err := s.ledger.take(ctx, p); err != nil {
			return err
		}
		if begun := s.ledger.sources[p.source].intended; j.of.What == ForgetDay && len(begun[p.partition]) > 0 {
			return fmt.Errorf("a range of source %s was begun and not finished: run that source first", p.source)
		}
	}
	for _, source := range j.sources {
		row := forgottenRow{ID: j.id, State: stateDone, What: j.of.What, Origin: originOf(source), Table: "batches"}
		if err := s.note(ctx, row); err != nil {
			return err
		}
		delete(s.ledger.sources, source)
	}
	clear(s.ledger.leases)
	return nil
}

// readings gives the names under which the sources stand in the ledger, and refuses those
// whose rows cannot be told from others'.
func (j *forgetJob) readings(ctx context.Context) ([]string, error) {
	s := j.store
	type read struct {
		name  string
		early uint8
	}
	var names []string
	for _, source := range j.of.Sources {
		found, err := collect(ctx, s.conn, func(r *read) []any { return []any{&r.name, &r.early} }, statements.Readings, source, source+"~")
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if r.early == 1 {
				return nil, fmt.Errorf("source %s was stored before rows carried their source's number: forget its days instead (--day)", r.name)
			}
			names = append(names, r.name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: %s; `banshift query sources` lists what it knows", ErrNoSource, strings.Join(j.of.Sources, ", "))
	}
	return names, nil
}

// ErrNoSource says that the ledger has no such source.
var ErrNoSource = errors.New("the ledger has no such source")

// wholeRanges finds the ranges all of whose records are of the day.
func (j *forgetJob) wholeRanges(ctx context.Context) error {
	if j.of.Country != "" {
		return nil // the ledger does not know countries
	}
	day := j.params()["day"]
	into := func(r *sourceRange) []any { return []any{&r.source, &r.partition, &r.first, &r.next} }
	ranges, err := collect(ctx, j.store.conn, into, statements.RangesOfDay, day, day)
	j.ranges = ranges
	for _, r := range ranges {
		if len(j.sources) == 0 || j.sources[len(j.sources)-1] != r.source {
			j.sources = append(j.sources, r.source)
		}
	}
	return err
}

// rangesAtOnce bounds the length of a statement.
const rangesAtOnce = 1000

// eraseRanges has the ledger not know ranges of which nothing is left.
func (j *forgetJob) eraseRanges(ctx context.Context) error {
	for some := range slices.Chunk(j.ranges, rangesAtOnce) {
		texts := make([]string, len(some))
		known := map[string]bool{}
		for i, r := range some {
			texts[i] = fmt.Sprintf("(%s,%d,%d,%d)", quoteText(r.source), r.partition, r.first, r.next)
			known[quoteText(r.source)] = true
		}
		params := map[string]string{"ranges": "[" + strings.Join(texts, ",") + "]", "sources": "[" + strings.Join(slices.Sorted(maps.Keys(known)), ",") + "]"}
		if err := j.erase(ctx, j.all["ranges"].Tables, params); err != nil {
			return err
		}
	}
	return nil
}

// touchedDays lists the days of countries that rows are deleted of.
func (j *forgetJob) touchedDays(ctx context.Context, params map[string]string) ([]counts.Key, error) {
	tables := j.all[j.of.What].Tables
	sql := fmt.Sprintf(statements.DaysOf, "usage", tables["usage"])
	for _, table := range []string{"dns_usage", "coverage"} {
		if where, ok := tables[table]; ok {
			sql += " UNION DISTINCT " + fmt.Sprintf(statements.DaysOf, table, where)
		}
	}
	return j.store.keys(clickhouse.Context(ctx, clickhouse.WithParameters(params)), sql)
}

func (s *Store) keys(ctx context.Context, sql string) ([]counts.Key, error) {
	keys, err := collect(ctx, s.conn, func(k *counts.Key) []any { return []any{&k.Country, &k.Day} }, sql)
	slices.SortFunc(keys, func(a, b counts.Key) int { return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Day, b.Day)) })
	return keys, err
}

// expiredDays are those of some days that cannot be counted again: retention took a part of what find looks at.
func (j *forgetJob) expiredDays(ctx context.Context, days []counts.Key, find func(context.Context, []uncounted) ([]expiredDay, error)) (map[counts.Key]bool, error) {
	expired := map[counts.Key]bool{}
	for some := range slices.Chunk(days, rangesAtOnce) {
		took, err := find(ctx, asUncounted(some))
		if err != nil {
			return nil, err
		}
		for _, d := range took {
			expired[d.Key] = true
		}
	}
	return expired, nil
}

func asUncounted(days []counts.Key) []uncounted {
	out := make([]uncounted, len(days))
	for i, k := range days {
		out[i] = uncounted{Key: k}
	}
	return out
}

// recount makes the counts of days again from what is left.
func (j *forgetJob) recount(ctx context.Context, days []counts.Key) error {
	s := j.store
	for some := range slices.Chunk(days, rangesAtOnce) {
		// Before and after: whoever is cut off, or counts meanwhile, leaves days that are to be counted.
		if err := s.touchDays(ctx, some); err != nil {
			return err
		}
		kept := slices.DeleteFunc(slices.Clone(some), func(k counts.Key) bool { return !j.kept[k] })
		params := map[string]string{"days": arrayOfDays(some), "kept": arrayOfDays(kept)}
		for table, where := range j.all["recount"].Tables {
			if _, err := s.deleteRows(ctx, table, where, params); err != nil {
				return err
			}
		}
		if err := s.touchDays(ctx, some); err != nil {
			return err
		}
	}
	j.counted = len(days)
	if len(days) == 0 {
		return nil
	}
	_, err := s.Count(ctx, 0)
	return err
}

// arrayOfDays writes days as an array of tuples.
func arrayOfDays(days []counts.Key) string {
	texts := make([]string, len(days))
	for i, k := range days {
		texts[i] = "(" + quoteText(k.Country) + ",'" + isoDay(k.Day) + "')"
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// unaccounted is by how much the ledger's records exceed those of the tables.
func (j *forgetJob) unaccounted(ctx context.Context) (int64, error) {
	var ledger uint64
	if err := j.store.conn.QueryRow(ctx, statements.LedgerRecords).Scan(&ledger); err != nil {
		return 0, err
	}
	kept, _, err := j.store.keptRecords(ctx)
	return int64(ledger) - int64(kept), err
}

// log writes down what was deleted when, and nothing of whose it was.
func (j *forgetJob) log(ctx context.Context, stillCounted int64) error {
	for _, table := range slices.Sorted(maps.Keys(j.rows)) {
		row := forgottenRow{ID: j.id, State: stateDone, What: j.of.What, Table: table, Rows: j.rows[table]}
		if table == "batches" {
			continue // written down before they were deleted
		}
		if j.of.What == ForgetDay {
			day := j.params()["day"]
			row.Day = &day
		}
		if table == "usage" {
			row.Records = stillCounted
		}
		if err := j.store.note(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// note adds a row to the log of deletions.
func (s *Store) note(ctx context.Context, row forgottenRow) error {
	lines, err := jsonLines([]forgottenRow{row})
	if err != nil {
		return err
	}
	return s.insertJSON(ctx, "forgotten", lines)
}

// timesForgotten counts how often a source was forgotten.
func (s *Store) timesForgotten(ctx context.Context, source string) (n uint64, err error) {
	err = s.conn.QueryRow(ctx, statements.TimesForgotten, originOf(source)).Scan(&n)
	return n, err
}

// writtenPartitions gives the partitions of sources that the ledger has, as their leases name them.
func (s *Store) writtenPartitions(ctx context.Context, sources []string) ([]partitionOf, error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"sources": arrayOf(sources, quoteText)}))
	return collect(ctx, s.conn, func(p *partitionOf) []any { return []any{&p.source, &p.partition} }, statements.PartitionsOf)
}
