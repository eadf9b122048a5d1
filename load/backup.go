package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/migrations"
	"github.com/banshift/banshift/schemas/statements"
)

// backupOrder is the order in which the tables are read while others write to them. What says that something is there
// is read after what it says it of: rows that a ledger of before would not know could be stored twice; rows that the
// ledger knows and that were not there yet are found missing by their marks, and the next run puts them in. So it is
// with counts: a day that was touched after it was counted is counted again, and an alarm that is raised again is the
// same alarm. Of a table its partitions are read one after the other, each as it is at one moment; an insert is in a
// partition whole or not at all.
var backupOrder = []string{
	"countings", "counted_days", "counted_hours", "counted_networks", "counted_questions", "counted_coverage", "covered_days", "counted_servers", "counted_unknown",
	schemas.TableFlows, schemas.TableUsage, schemas.TableDNSUsage, schemas.TableResolutions, schemas.TableEndpoints, schemas.TableCoverage, schemas.TableRejects,
	schemas.TableVerdicts, "batches", "touched", "leases", "forgotten", "pseudonym_keys",
	"watch_states", "alarms", "alarm_notices",
	"blocklist", "series", "events", "spikes", "effects",
}

// notBackedUp are tables that a restored store has of its own.
var notBackedUp = []string{"migrations"}

// backupTries is how often a partition is read that breaks off.
const backupTries = 5

// ErrForgottenMeanwhile says that a backup may hold what was forgotten while it was made.
var ErrForgottenMeanwhile = errors.New("something was forgotten while the backup was made")

// Backup writes all that the store holds into dir, while others read and write it. dir is made, or empty; where it fails,
// it is empty again. The backup has no key of pseudonyms: the store has none. told is given how many partitions of all are written; nil: nobody is.
func (s *Store) Backup(ctx context.Context, dir string, told func(done, of int)) (Backup, error) {
	to, err := newBackupDir(dir)
	if err != nil {
		return Backup{}, err
	}
	b, err := s.backUp(ctx, to, told)
	if err != nil {
		return b, errors.Join(err, to.clear())
	}
	return b, nil
}

func (s *Store) backUp(ctx context.Context, to *backupDir, told func(done, of int)) (Backup, error) {
	b := Backup{Format: backupFormat, Program: s.about.Program, Began: time.Now().UTC().Truncate(time.Second), Shards: len(s.shards)}
	if b.Shards > 0 {
		b.Format = shardedFormat
	}
	forgotten, err := s.forgottenSoFar(ctx)
	if err != nil {
		return b, explain(s.name, err)
	}
	if b.Migrations, err = s.migrationsForBackup(ctx); err != nil {
		return b, explain(s.name, err)
	}
	if err := s.backUpTables(ctx, to, &b, told); err != nil {
		return b, explain(s.name, fmt.Errorf("backup: %w", err))
	}
	now, err := s.forgottenSoFar(ctx)
	if err != nil {
		return b, explain(s.name, err)
	}
	if now != forgotten {
		return b, fmt.Errorf("backup: %w: take it again", ErrForgottenMeanwhile)
	}
	b.Ended = time.Now().UTC().Truncate(time.Second)
	return b, to.finish(b)
}

func (s *Store) forgottenSoFar(ctx context.Context) (n uint64, err error) {
	err = s.conn.QueryRow(ctx, statements.ForgottenSoFar).Scan(&n)
	return n, err
}

func (s *Store) migrationsForBackup(ctx context.Context) ([]BackupMigration, error) {
	all, err := migrations.All()
	if err != nil {
		return nil, err
	}
	have, err := s.records(ctx)
	if err != nil {
		return nil, fmt.Errorf("table of migrations: %w", err)
	}
	var applied []BackupMigration
	for _, m := range all {
		if r, ok := have[m.Number]; ok {
			applied = append(applied, BackupMigration{m.Number, m.Name, r.checksum})
		}
	}
	return applied, nil
}

// backUpTables writes every table, and notes in b what it wrote.
func (s *Store) backUpTables(ctx context.Context, to *backupDir, b *Backup, told func(done, of int)) error {
	tables, err := s.tablesForBackup(ctx)
	if err != nil {
		return err
	}
	parts := make([][]string, len(tables))
	of := 0
	for i, t := range tables {
		if parts[i], err = s.at(t.Shard).partsOf(ctx, t.Name); err != nil {
			return err
		}
		of += len(parts[i])
	}
	done := 0
	for i, t := range tables {
		// A partition may be new since: what is written now is asked for when the table's turn has come.
		now, err := s.at(t.Shard).partsOf(ctx, t.Name)
		if err != nil {
			return err
		}
		of += len(now) - len(parts[i])
		for _, part := range now {
			file, err := s.at(t.Shard).backUpPart(ctx, to, t, part)
			if err != nil {
				return fmt.Errorf("table %s, partition %s: %w", t.folder(), part, err)
			}
			t.Files = append(t.Files, file)
			if done++; told != nil {
				told(done, of)
			}
		}
		b.Tables = append(b.Tables, t)
	}
	return nil
}

// tablesForBackup lists the tables with their columns, in the order in which they are read.
func (s *Store) tablesForBackup(ctx context.Context) ([]BackupTable, error) {
	columns := make([]map[string][]string, 1+len(s.shards))
	for shard := range columns {
		var err error
		if columns[shard], err = s.at(shard).columnsForBackup(ctx); err != nil {
			return nil, fmt.Errorf("its tables: %w", err)
		}
	}
	for name := range columns[0] {
		if !slices.Contains(backupOrder, name) && !slices.Contains(notBackedUp, name) {
			return nil, fmt.Errorf("the store has a table %s, which this program does not know: use the version of banshift that made it, or move it to another database", name)
		}
	}
	var tables []BackupTable
	for _, name := range backupOrder {
		for _, shard := range s.holding(name) {
			t := BackupTable{Name: name, Shard: shard, Columns: columns[shard][name]}
			if len(t.Columns) == 0 {
				return nil, fmt.Errorf("table %s: %w, or this user may not read it", t.folder(), ErrNoTable)
			}
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// columnsForBackup gives the columns of each table that lies here.
func (s *Store) columnsForBackup(ctx context.Context) (map[string][]string, error) {
	type column struct{ table, name string }
	columns, err := collect(ctx, s.conn, func(c *column) []any { return []any{&c.table, &c.name} }, statements.BackupColumns)
	byTable := map[string][]string{}
	for _, c := range columns {
		byTable[c.table] = append(byTable[c.table], c.name)
	}
	return byTable, err
}

func (s *Store) partsOf(ctx context.Context, table string) ([]string, error) {
	parts, err := collect(ctx, s.conn, itself[string], fmt.Sprintf(statements.BackupParts, quoteName(table)))
	if err != nil {
		return nil, fmt.Errorf("partitions of %s: %w", table, err)
	}
	return parts, nil
}

// backUpPart writes the rows of a partition. An answer that breaks off is asked for again, whole.
func (s *Store) backUpPart(ctx context.Context, to *backupDir, t BackupTable, part string) (BackupFile, error) {
	file := BackupFile{Path: t.folder() + "/" + part + ".native.zst"}
	err := s.retry(ctx, max(backupTries, s.tries()), func() (err error) {
		file.Bytes, err = to.write(file.Path, func(w io.Writer) error { return s.copyPart(ctx, w, t, part) })
		return err
	})
	return file, err
}

// backupSettings keep the engine's memory small, whatever the partition's size.
var backupSettings = map[string]string{"readonly": "2", "max_threads": "2", "max_execution_time": "0", "max_rows_to_read": "0", "max_result_rows": "0"}

func (s *Store) copyPart(ctx context.Context, w io.Writer, t BackupTable, part string) error {
	packed, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	defer packed.Close()
	tail := &tailWriter{to: packed}
	_, err = s.post(ctx, s.addr, request{
		sql:      fmt.Sprintf(strings.TrimSpace(statements.BackupRows), quoteName(t.Name), quoteNames(t.Columns)),
		settings: backupSettings,
		params:   map[string]string{"part": part},
		result:   tail,
	})
	if err := tail.exception(); err != nil { // says more than that the answer broke off
		return err
	}
	if err != nil {
		return err
	}
	return packed.Close()
}

// tailWriter keeps the end of what is written: an engine may end an answer in the middle with the text of its error.
type tailWriter struct {
	to   io.Writer
	tail []byte
}

const tailBytes = 4096

func (t *tailWriter) Write(p []byte) (int, error) {
	n, err := t.to.Write(p)
	t.tail = append(t.tail, p[max(0, len(p)-tailBytes):]...)
	t.tail = slices.Delete(t.tail, 0, max(0, len(t.tail)-tailBytes))
	return n, err
}

var exceptionAtEnd = regexp.MustCompile(`Code: (\d+)\. DB::Exception: [^\x00]*\(version [0-9.]+[^)]*\)+\s*[^\x00]{0,200}$`)

// exception is the error that the answer ends with.
func (t *tailWriter) exception() error {
	if m := exceptionAtEnd.Find(t.tail); m != nil {
		return errors.New(string(m))
	}
	return nil
}
