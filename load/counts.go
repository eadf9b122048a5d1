package load

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
	"github.com/banshift/banshift/transform/counts"
)

// Counted says what became of the days whose telemetry was newer than their counts.
type Counted struct {
	Days    int // counted now
	Waiting int // counted a moment ago: they are counted again later
}

// uncounted is a day of a country with telemetry that its counts have not seen.
type uncounted struct {
	counts.Key
	touches uint64    // how often its rows were stored
	asOf    time.Time // when it was counted last; 1970 where it never was
	newest  uint64    // version of the last counting that left rows, finished or not
}

// version orders the countings of a day: by the touches that were seen, and where two counted at the same time by
// chance, so that all rows of one of them win. It is above that of a counting that was cut off, whose rows would win
// otherwise.
func (u uncounted) version(random uint32) uint64 {
	return max(u.touches<<20|uint64(random&(1<<20-1)), u.newest+1)
}

// counting is a row of table countings: from then on the rows of its version are a day's counts.
type counting struct {
	Country   string    `json:"country"`
	Day       string    `json:"day"`
	Touches   uint64    `json:"touches"`
	Version   uint64    `json:"version"`
	Questions uint64    `json:"questions"` // version of the counts of DNS questions
	AsOf      time.Time `json:"as_of"`
}

// daysAtOnce bounds how many days of countries are read by one statement. They are taken month by month, because each
// month that an insertion is of makes a part (measured: docs/performance.md).
const daysAtOnce = 1024

// Count brings the finished counts up to date: every day of a country that telemetry was stored for since it was
// counted is counted again, whole, and replaces what was there at once. One that was counted less than every ago
// waits. Whoever writes counts, and whoever reads counts what a writer that was killed left.
func (s *Store) Count(ctx context.Context, every time.Duration) (counted Counted, err error) {
	s.counting.Lock()
	defer s.counting.Unlock()
	progress, ended := s.watch()
	defer func() { ended(err) }()
	days, now, err := s.uncounted(ctx)
	if err != nil {
		return Counted{}, explain(s.name, fmt.Errorf("days to count: %w", err))
	}
	var done Counted
	due := days[:0]
	for _, d := range days {
		if every > 0 && now.Sub(d.asOf) < every {
			done.Waiting++
			continue
		}
		due = append(due, d)
	}
	if len(due) == 0 {
		return done, nil
	}
	names, err := s.verdictNames(ctx)
	if err != nil {
		return done, explain(s.name, fmt.Errorf("names of verdicts: %w", err))
	}
	if len(due) > daysAtOnce {
		s.log.Info("counting clients of days with new telemetry", "days", len(due))
	}
	for some := range slices.Chunk(due, daysAtOnce) {
		if err := s.findNewest(ctx, some); err != nil {
			return done, explain(s.name, fmt.Errorf("earlier counts: %w", err))
		}
		if some, err = s.keepExpired(ctx, some, now); err != nil {
			return done, explain(s.name, fmt.Errorf("days whose usage expired: %w", err))
		}
		if len(some) == 0 {
			continue
		}
		if err := s.countAgain(ctx, some, names, now); err != nil {
			return done, explain(s.name, fmt.Errorf("counts of %d days: %w", len(some), err))
		}
		progress()
		done.Days += len(some)
	}
	return done, nil
}

// Recount counts every day again that has usage, whatever was counted: the rows are the same where nothing was wrong.
func (s *Store) Recount(ctx context.Context) (Counted, error) {
	if err := s.conn.Exec(ctx, statements.TouchAll); err != nil {
		return Counted{}, explain(s.name, err)
	}
	return s.Count(ctx, 0)
}

// AnswerAsCounted has questions answered from the counts as they are, because somebody else keeps them up to date.
func (s *Store) AnswerAsCounted() { s.asCounted.Store(true) }

// countForReading is Count for whoever asks a question: a user who may only read gets what is there, and is told.
func (s *Store) countForReading(ctx context.Context) error {
	if s.asCounted.Load() {
		return nil
	}
	_, err := s.Count(ctx, 0)
	if errors.Is(err, ErrForbidden) {
		s.asCounted.Store(true)
		s.log.Warn("telemetry was stored since its days were counted, and this user may not count them: `banshift query counts_as_of` says as of when the answers are")
		return nil
	}
	return err
}

// KeepCounted counts what is stored while ctx lives: a day at most once in every, and never for more than a tenth of the time.
func (s *Store) KeepCounted(ctx context.Context, every time.Duration) {
	pause := every
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		began := time.Now()
		if _, err := s.Count(ctx, every); err != nil && ctx.Err() == nil {
			s.log.Warn("the counts stay as they were, and are tried again", "error", oneLine(err))
		}
		pause = max(every, 9*time.Since(began))
	}
}

// uncounted lists the days to count, and the engine's time from before their rows are read.
func (s *Store) uncounted(ctx context.Context) ([]uncounted, time.Time, error) {
	rows, err := s.conn.Query(ctx, statements.UncountedDays)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer rows.Close()
	var days []uncounted
	var now time.Time
	for rows.Next() {
		var d uncounted
		if err := rows.Scan(&d.Country, &d.Day, &d.touches, &d.asOf, &now); err != nil {
			return nil, time.Time{}, err
		}
		days = append(days, d)
	}
	return days, now, rows.Err()
}

// keepExpired takes the days off whose usage has fewer records than were counted, and keeps their counts: telemetry
// that comes so late is not counted any more.
func (s *Store) keepExpired(ctx context.Context, due []uncounted, now time.Time) ([]uncounted, error) {
	if s.usageDays == 0 {
		return due, nil
	}
	took, err := s.expiredDays(ctx, due)
	if err != nil {
		return nil, err
	}
	for _, d := range took {
		i := slices.IndexFunc(due, func(u uncounted) bool { return u.Key == d.Key })
		if err := s.keepDay(ctx, due[i], d.version, now); err != nil {
			return nil, err
		}
		s.log.Warn("telemetry of a day came after retention.usage_days took the day's usage: it is stored and not counted", "country", d.Country, "day", isoDay(d.Day))
		due = slices.Delete(due, i, i+1)
	}
	return due, nil
}

// keepDay has the counts of a day, of version was, be those of its last touch.
func (s *Store) keepDay(ctx context.Context, day uncounted, was uint64, now time.Time) error {
	versions := map[counts.Key]uint64{day.Key: day.version(0)}
	params := clickhouse.Parameters{"country": day.Country, "day": isoDay(day.Day), "was": fmt.Sprint(was), "version": fmt.Sprint(versions[day.Key])}
	for _, sql := range []string{statements.KeepHours, statements.KeepDays} {
		if err := s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(params)), sql); err != nil {
			return err
		}
	}
	return s.finishCounting(ctx, []uncounted{day}, versions, now)
}

// findNewest looks for what countings of days left, finished or not.
func (s *Store) findNewest(ctx context.Context, days []uncounted) error {
	type left struct {
		counts.Key
		version uint64
	}
	found, err := collect(clickhouse.Context(ctx, clickhouse.WithParameters(usageParams(days))), s.conn,
		func(l *left) []any { return []any{&l.Country, &l.Day, &l.version} }, statements.NewestVersions)
	newest := map[counts.Key]uint64{}
	for _, l := range found {
		newest[l.Key] = l.version
	}
	for i := range days {
		days[i].newest = newest[days[i].Key]
	}
	return err
}

// expiredDay is a day whose client-hours retention has taken, in part or all, and the version of its counts.
type expiredDay struct {
	counts.Key
	version uint64
}

// expiredDays gives those of some days.
func (s *Store) expiredDays(ctx context.Context, days []uncounted) ([]expiredDay, error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(usageParams(days)))
	return collect(ctx, s.conn, func(d *expiredDay) []any { return []any{&d.Country, &d.Day, &d.version} }, statements.ExpiredDays)
}

// expiredQuestions gives those of some days whose DNS questions retention has taken, in part or all.
func (s *Store) expiredQuestions(ctx context.Context, days []uncounted) ([]expiredDay, error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(usageParams(days)))
	return collect(ctx, s.conn, func(d *expiredDay) []any { return []any{&d.Country, &d.Day, &d.version} }, statements.ExpiredQuestions)
}

func (s *Store) verdictNames(ctx context.Context) (map[uint64]schemas.Names, error) {
	rows, err := s.conn.Query(ctx, statements.VerdictNames)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[uint64]schemas.Names{}
	for rows.Next() {
		var number uint64
		var n schemas.Names
		var level string
		if err := rows.Scan(&number, &n.Tool, &n.Service, &n.Category, &level, &n.Pack, &n.Lists); err != nil {
			return nil, err
		}
		if n.Level, err = schemas.ParseLevel(level); err != nil {
			return nil, fmt.Errorf("verdict %d: %w", number, err)
		}
		if other, known := all[number]; known && other != n {
			return nil, fmt.Errorf("the number %d stands for two verdicts: %+v and %+v", number, other, n)
		}
		all[number] = n
	}
	return all, rows.Err()
}

// countAgain is countDays until the store has the counts. What a try that failed left there is replaced: the next one
// has seen a touch more.
func (s *Store) countAgain(ctx context.Context, days []uncounted, names map[uint64]schemas.Names, asOf time.Time) error {
	first := true
	return s.retry(ctx, 0, func() error {
		if !first {
			keys := make([]counts.Key, len(days))
			for i := range days {
				keys[i] = days[i].Key
				days[i].touches++
			}
			if err := s.touchDays(ctx, keys); err != nil {
				return err
			}
		}
		first = false
		return s.countDays(ctx, days, names, asOf)
	})
}

// countDays reads the usage of days, in their order, and stores what is counted of them.
func (s *Store) countDays(ctx context.Context, days []uncounted, names map[uint64]schemas.Names, asOf time.Time) error {
	for _, sql := range []string{statements.CountCoverage, statements.CoverDays} {
		if err := s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(usageParams(days))), sql); err != nil {
			return fmt.Errorf("coverage: %w", err)
		}
	}
	var random [4]byte
	rand.Read(random[:]) //nolint:errcheck // it never fails
	versions := make(map[counts.Key]uint64, len(days))
	for _, d := range days {
		versions[d.Key] = d.version(binary.LittleEndian.Uint32(random[:]))
	}
	counter := counts.New(names, counts.Options{
		Mem: memory.DefaultAllocator, AsOf: asOf,
		Version: func(key counts.Key) uint64 { return versions[key] },
		Out: func(hours, days arrow.Record) error {
			// The hours first: whatever a counting left, it left hours.
			if hours.NumRows() > 0 {
				if err := s.insertArrow(ctx, schemas.TableCountedHours, hours); err != nil {
					return err
				}
			}
			if days.NumRows() == 0 {
				return nil
			}
			return s.insertArrow(ctx, schemas.TableCountedDays, days)
		},
	})
	if err := s.readUsage(ctx, days, counter.Add); err != nil {
		counter.Release()
		return err
	}
	for _, d := range days {
		if err := counter.Empty(d.Key); err != nil {
			counter.Release()
			return err
		}
	}
	if err := counter.Close(); err != nil {
		return err
	}
	return s.finishCounting(ctx, days, versions, asOf)
}

// finishCounting counts what is made from the counts of days, and has them hold.
func (s *Store) finishCounting(ctx context.Context, days []uncounted, versions map[counts.Key]uint64, asOf time.Time) error {
	if err := s.countFrom(ctx, statements.CountNetworks, days, versions, nil); err != nil {
		return fmt.Errorf("networks: %w", err)
	}
	if err := s.countUnknown(ctx, days, versions); err != nil {
		return fmt.Errorf("unknown tools: %w", err)
	}
	questions, err := s.countQuestions(ctx, days, versions)
	if err != nil {
		return fmt.Errorf("questions: %w", err)
	}
	rows := make([]counting, len(days))
	for i, d := range days {
		rows[i] = counting{d.Country, isoDay(d.Day), d.touches, versions[d.Key], questions[d.Key], asOf}
	}
	lines, err := jsonLines(rows)
	if err != nil {
		return err
	}
	return s.insertJSON(ctx, "countings", lines)
}

// countQuestions counts the DNS questions of days, and gives the version of each day's counts: that of before where
// retention took some of its questions.
func (s *Store) countQuestions(ctx context.Context, days []uncounted, versions map[counts.Key]uint64) (map[counts.Key]uint64, error) {
	valid := maps.Clone(versions)
	due := days
	if s.dnsDays > 0 {
		kept, err := s.expiredQuestions(ctx, days)
		if err != nil {
			return nil, err
		}
		for _, d := range kept {
			valid[d.Key] = d.version
		}
		due = slices.DeleteFunc(slices.Clone(days), func(d uncounted) bool { return valid[d.Key] != versions[d.Key] })
	}
	if len(due) == 0 {
		return valid, nil
	}
	return valid, s.countFrom(ctx, statements.CountQuestions, due, versions, nil)
}

// countFrom runs a statement that stores counts of days under their versions, with parameters of its own.
func (s *Store) countFrom(ctx context.Context, sql string, days []uncounted, versions map[counts.Key]uint64, own map[string]string) error {
	params := usageParams(days)
	maps.Copy(params, own)
	var list []string
	for _, d := range days {
		list = append(list, fmt.Sprintf("(%s,'%s',%d)", quoteText(d.Country), isoDay(d.Day), versions[d.Key]))
	}
	params["versions"] = "[" + strings.Join(list, ",") + "]"
	return s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(params)), sql)
}

// readUsage gives the rows of days to add, batch by batch.
func (s *Store) readUsage(ctx context.Context, days []uncounted, add func(arrow.Record) error) error {
	if len(s.shards) > 0 {
		return s.readShards(ctx, days, add)
	}
	return s.readRows(ctx, statements.UsageOfDays, days, add)
}

// readRows gives what a statement answers of days to add, batch by batch.
func (s *Store) readRows(ctx context.Context, sql string, days []uncounted, add func(arrow.Record) error) error {
	pipe, answer := io.Pipe()
	posted := make(chan error, 1)
	go func() {
		_, err := s.post(ctx, s.addr, request{
			sql: sql, params: usageParams(days), result: answer,
			settings: map[string]string{"default_format": "ArrowStream", "output_format_arrow_string_as_string": "1", "output_format_arrow_compression_method": "none"},
		})
		answer.CloseWithError(err)
		posted <- err
	}()
	err := eachBatch(pipe, add)
	pipe.CloseWithError(err) // ends the statement where its rows are not wanted
	if posting := <-posted; posting != nil && err == nil {
		err = posting
	}
	return err
}

// eachBatch reads an Arrow stream.
func eachBatch(from io.Reader, add func(arrow.Record) error) error {
	reader, err := ipc.NewReader(from)
	if errors.Is(err, io.EOF) {
		return nil // no rows
	}
	if err != nil {
		return fmt.Errorf("rows of usage: %w", err)
	}
	defer reader.Release()
	for reader.Next() {
		if err := add(reader.Record()); err != nil {
			return err
		}
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("rows of usage: %w", err)
	}
	_, err = io.Copy(io.Discard, from) // what the engine says behind the rows, if it failed
	return err
}

// usageParams are the parameters of [statements.UsageOfDays] and [statements.AlikeOfDays].
func usageParams(days []uncounted) map[string]string {
	var countries, pairs []string
	known := map[string]bool{}
	from, to := days[0].Day, days[0].Day
	for _, d := range days {
		from, to = min(from, d.Day), max(to, d.Day)
		country := "'" + escaped(d.Country) + "'"
		if !known[country] {
			known[country], countries = true, append(countries, country)
		}
		pairs = append(pairs, "("+country+",'"+isoDay(d.Day)+"')")
	}
	return map[string]string{
		"countries": "[" + strings.Join(countries, ",") + "]", "days": "[" + strings.Join(pairs, ",") + "]",
		"from": isoDay(from), "to": isoDay(to),
	}
}

// isoDay writes a number of days since 1970.
func isoDay(day int32) string {
	return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly)
}

// escaped makes a text fit for the engine's quotes.
func escaped(text string) string { return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) }

// touch notes which days of which countries the rows of b are of, once it is stored and before b is marked done: a
// counting that began before sees that it has to be repeated. A batch that is repeated touches its days again.
func (s *Store) touch(ctx context.Context, b Batch) error {
	return explain(s.name, s.touchDays(ctx, touchedDays(b)))
}

// touchDays has days be counted again.
func (s *Store) touchDays(ctx context.Context, days []counts.Key) error {
	type touched struct {
		Country string `json:"country"`
		Day     string `json:"day"`
		Touches uint64 `json:"touches"`
	}
	var rows []touched
	for _, key := range days {
		rows = append(rows, touched{key.Country, isoDay(key.Day), 1})
	}
	if len(rows) == 0 {
		return nil
	}
	lines, err := jsonLines(rows)
	if err != nil {
		return fmt.Errorf("days of a batch: %w", err)
	}
	return s.insertJSON(ctx, "touched", lines)
}
