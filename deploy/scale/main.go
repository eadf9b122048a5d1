// The command scale makes a seeded store of 20,000,000 client-hours in 60 countries over a year, and measures on one how
// long the named queries take that page, report, exports and notebooks ask. `make scale` and `make latency` run it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/schemas/scale"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == engine.ChildCommand {
		os.Exit(engine.ChildMain(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.StringVar(&o.store, "store", "", "directory of the store; it must not exist where one is made")
	flag.Uint64Var(&o.rows, "rows", 20_000_000, "rows of usage")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the data")
	flag.IntVar(&o.runs, "measure", 0, "measure each query so often on a store that is there, instead of making one")
	flag.StringVar(&o.only, "only", "", "measure this query alone")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

type options struct {
	store      string
	rows, seed uint64
	runs       int
	only       string
}

func run(ctx context.Context, o options) error {
	if o.store == "" {
		return fmt.Errorf("give the store's directory with --store")
	}
	if o.runs > 0 {
		return measure(ctx, o)
	}
	if _, err := os.Stat(o.store); err == nil {
		return fmt.Errorf("%s is there already", o.store)
	}
	store, err := load.Open(ctx, o.store, load.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	began := time.Now()
	params := clickhouse.Parameters{"rows": strconv.FormatUint(o.rows, 10), "seed": strconv.FormatUint(o.seed, 10)}
	intoTable := regexp.MustCompile(`INTO (\w+)`)
	for _, sql := range scale.Statements() {
		at := time.Now()
		if err := store.Conn().Exec(clickhouse.Context(ctx, clickhouse.WithParameters(params)), sql); err != nil {
			return err
		}
		table := intoTable.FindStringSubmatch(sql)[1]
		fmt.Fprintf(os.Stderr, "%s: %.1f s\n", table, time.Since(at).Seconds())
	}
	at := time.Now()
	counted, err := store.Count(ctx, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "counts of %d days of countries: %.1f s\nmade %d rows of usage in %.0f s\n", counted.Days, time.Since(at).Seconds(), o.rows, time.Since(began).Seconds())
	return nil
}
