package load

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/schemas/statements"
	"github.com/banshift/banshift/schemas/use"
	"github.com/banshift/banshift/transform/counts"
)

// tableServers has the servers that no list names, for as long as table flows keeps its rows.
const tableServers = "counted_servers"

// Rise says when a server network has come up. The values that are used were chosen on simulated worlds and
// measured on others (docs/accuracy.md).
type Rise struct {
	Fewest uint64  // clients of a country on the day: what may be published of a day at the least
	Factor float64 // times the most of the seven days before
	Beyond float64 // times what a server of the country gains on an ordinary day: the median of 14 days' largest gains
	Own    float64 // times the share that it has of the clients of other countries
}

// ServerDays is for how many days of flows [ComesUp] asks, with the one that is counted: a server counts as new for a
// week, of which each day has 21 days before it. Where fewer are kept, days miss some that came up, or have no count.
const ServerDays = 28

// ComesUp is the rise that is counted.
var ComesUp = Rise{Fewest: 20, Factor: 4, Beyond: 2, Own: 4}

// least is how many clients a server must have to be told apart from none: fewer change no judgement.
func (r Rise) least() uint64 { return max(1, r.Fewest/uint64(r.Factor)) }

// params are those of [statements.CountServers] and [statements.CountUnknown].
func (r Rise) params(counted use.Counted) map[string]string {
	return map[string]string{
		"categories": arrayOf(counted.Categories, quoteText), "peer": fmt.Sprint(counted.OnePeer), "least": fmt.Sprint(r.least()),
		"fewest": fmt.Sprint(r.Fewest), "rise": fmt.Sprint(r.Factor), "beyond": fmt.Sprint(r.Beyond), "own": fmt.Sprint(r.Own),
	}
}

// JudgeServers judges the servers of all days from one to another again, by another rise of the same least number of
// clients. The next counting of a day judges by [ComesUp].
func (s *Store) JudgeServers(ctx context.Context, from, to time.Time, r Rise) error {
	used, err := use.Load()
	if err != nil {
		return err
	}
	params := r.params(used)
	params["from"], params["to"] = from.UTC().Format(time.DateOnly), to.UTC().Format(time.DateOnly)
	return explain(s.name, s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(params)), statements.CountUnknown))
}

// countUnknown counts the servers that no list names on some days, and those that came up on these and on days whose
// judgement looks at them.
func (s *Store) countUnknown(ctx context.Context, days []uncounted, versions map[counts.Key]uint64) error {
	used, err := use.Load()
	if err != nil {
		return err
	}
	for _, sql := range []string{statements.CountServers, statements.CountUnknown} {
		if err := s.countFrom(ctx, sql, days, versions, ComesUp.params(used)); err != nil {
			return err
		}
	}
	return nil
}
