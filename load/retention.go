package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/statements"
)

// Retained says what of a table has expired and is still on the disk.
type Retained struct {
	Table string
	Days  int    // 0: rows stay as long as the store
	Bytes uint64 // of parts that hold nothing but expired rows
}

// graceEngine and graceServer are for how long after their time expired rows may be in a
// part with others before an opening deletes them: a server's own merges do it, too.
const (
	graceEngine = time.Hour
	graceServer = 24 * time.Hour
)

// expire deletes what retention says is over. A user who may not write leaves it to others.
func (s *Store) expire(ctx context.Context) error {
	for _, shard := range s.shards {
		if err := shard.expire(ctx); err != nil {
			return err
		}
	}
	err := s.finishExpiring(ctx)
	if err == nil && s.dnsDays > 0 {
		err = s.expireDNS(ctx)
	}
	for _, t := range []struct{ table, where string }{
		{schemas.TableFlows, fmt.Sprintf("toDateTime(ingested_at) + toIntervalDay(%d) <= now()", s.flowsDays)},
		{tableServers, fmt.Sprintf("toDateTime(as_of) + toIntervalDay(%d) <= now()", s.flowsDays)},
		{schemas.TableUsage, fmt.Sprintf("stored_on + toIntervalDay(%d) <= now()", s.usageDays)},
	} {
		if err != nil {
			break
		}
		err = s.expireTable(ctx, t.table, t.where)
	}
	err = explain(s.name, err)
	if errors.Is(err, ErrForbidden) {
		s.log.Warn("this user may not delete what has expired", "error", oneLine(err))
		return nil
	}
	return err
}

// expireTable deletes expired rows of a table that the engine should have deleted.
func (s *Store) expireTable(ctx context.Context, table, where string) error {
	grace := graceServer
	if s.engine != nil {
		grace = graceEngine
	}
	parts, bytes, err := s.expired(ctx, table, grace)
	if err != nil || parts == 0 && bytes == 0 {
		return err
	}
	if parts == 0 {
		return s.sweep(ctx, table)
	}
	rows, err := s.erase(ctx, table, where, nil)
	if err == nil && rows > 0 {
		s.log.Info("deleted what has expired", "table", table, "rows", rows)
	}
	return err
}

// expired gives how many parts in use have rows that expired longer ago than grace, and the
// bytes of parts that hold no others.
func (s *Store) expired(ctx context.Context, table string, grace time.Duration) (parts, bytes uint64, err error) {
	params := clickhouse.Parameters{"table": table, "grace": fmt.Sprint(int(grace.Seconds()))}
	err = s.conn.QueryRow(clickhouse.Context(ctx, clickhouse.WithParameters(params)), statements.ExpiredParts).Scan(&parts, &bytes)
	return parts, bytes, err
}

// Retention measures what has expired and is still on the disk.
func (s *Store) Retention(ctx context.Context) ([]Retained, error) {
	all := []Retained{{Table: schemas.TableFlows, Days: s.flowsDays}, {Table: tableServers, Days: s.flowsDays}, {Table: schemas.TableUsage, Days: s.usageDays}, {Table: schemas.TableDNSUsage, Days: s.dnsDays}}
	for i := range all {
		var err error
		if all[i].Table == schemas.TableDNSUsage {
			all[i].Bytes, err = s.expiredDNS(ctx)
		} else {
			for _, holder := range s.holders(all[i].Table) {
				var bytes uint64
				if _, bytes, err = holder.expired(ctx, all[i].Table, 0); err != nil {
					break
				}
				all[i].Bytes += bytes
			}
		}
		if err != nil {
			return nil, explain(s.name, fmt.Errorf("retention of %s: %w", all[i].Table, err))
		}
	}
	return all, nil
}

const (
	stateBegun = "begun"
	expiredDNS = "stored_on < {edge:Date}"
)

// edge is the first day on which what is stored stays.
func edge(days int, now time.Time) string {
	return now.UTC().AddDate(0, 0, -days).Format(time.DateOnly)
}

// expireDNS deletes questions that were stored too long ago. How many records they were is
// written down before: nothing else counts them.
func (s *Store) expireDNS(ctx context.Context) error {
	before := edge(s.dnsDays, time.Now())
	rows, records, _, err := s.dnsBefore(ctx, before)
	if err != nil || rows == 0 {
		return err
	}
	note := forgottenRow{ID: rand.Text(), State: stateBegun, What: "retention", Day: &before, Table: schemas.TableDNSUsage, Rows: rows, Records: int64(records)}
	if err := s.note(ctx, note); err != nil {
		return err
	}
	return s.finishExpiring(ctx)
}

// expiredDNS gives the bytes of questions that were stored too long ago, by their share of the rows.
func (s *Store) expiredDNS(ctx context.Context) (uint64, error) {
	if s.dnsDays == 0 {
		return 0, nil
	}
	_, _, bytes, err := s.dnsBefore(ctx, edge(s.dnsDays, time.Now()))
	return bytes, err
}

// dnsBefore counts the questions that were stored before a day, their records, and their share of the bytes.
func (s *Store) dnsBefore(ctx context.Context, day string) (rows, records, share uint64, err error) {
	var all, bytes uint64
	params := clickhouse.Parameters{"edge": day}
	err = s.conn.QueryRow(clickhouse.Context(ctx, clickhouse.WithParameters(params)), statements.DNSExpired).Scan(&rows, &records, &all, &bytes)
	if err != nil || rows == 0 {
		return 0, 0, 0, err
	}
	return rows, records, max(1, bytes/all*rows), nil
}

// finishExpiring does the deletions that were written down and not finished.
func (s *Store) finishExpiring(ctx context.Context) error {
	into := func(r *forgottenRow) []any {
		*r = forgottenRow{State: stateDone, What: "retention", Day: new(string), Table: schemas.TableDNSUsage}
		return []any{&r.ID, r.Day, &r.Rows, &r.Records}
	}
	begun, err := collect(ctx, s.conn, into, statements.BegunExpiring)
	if err != nil {
		return err
	}
	for _, r := range begun {
		if _, err := s.erase(ctx, r.Table, expiredDNS, map[string]string{"edge": *r.Day}); err != nil {
			return err
		}
		if err := s.note(ctx, r); err != nil {
			return err
		}
		s.log.Info("deleted what has expired", "table", r.Table, "rows", r.Rows)
	}
	return nil
}

// KeepRetained deletes what expires while ctx lives.
func (s *Store) KeepRetained(ctx context.Context, every time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		if err := s.expire(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("what has expired is not deleted yet, and is tried again", "error", oneLine(err))
		}
	}
}
