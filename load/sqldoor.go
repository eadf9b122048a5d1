package load

import (
	"context"
	"fmt"

	"github.com/banshift/banshift/load/sqldoor"
)

// Door opens an embedded store to programs that draw dashboards: a ClickHouse server has ports and users of its own.
func (s *Store) Door(ctx context.Context, o sqldoor.Options) (*sqldoor.Door, error) {
	if s.engine == nil {
		return nil, fmt.Errorf("%s is a server: programs reach it by itself, as docs/howto/dashboards.md says", s.name)
	}
	o.Engine = sqldoor.Engine{Address: s.addr.http(), Password: s.engine.Conn().DashboardPassword}
	return sqldoor.New(ctx, o)
}
