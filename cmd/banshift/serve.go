package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/sqldoor"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web/serve"
)

func newServeCommand(a *app) *cobra.Command {
	var p pageOptions
	var sources []string
	var watch bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the page: use against bans, by country and tool, with reports",
		Long: `serve answers on this machine only, from a fixed set of named queries, until it is
interrupted. The address that it prints has a token in it, which other users of the machine
do not know; a browser keeps it in a cookie.

With --public it answers anybody, on any address, and shows what may be published: no rows
of few clients, and counts rounded to multiples of privacy.release_min_clients. It speaks
plain HTTP: put a server with TLS in front of it.

With --sql it answers programs that draw dashboards, too (Superset, Grafana, Metabase, clients
of ClickHouse), over ClickHouse's HTTP interface: statements that only read, of the tables
without clients in them, for who knows the password.

With --run it reads telemetry too, as 'banshift run --follow' does: one program, with one
engine, for a small place.`,
		Example: `  banshift serve --store ./store
  banshift serve --store clickhouse://reader@db:9000/banshift --listen 127.0.0.1:8090
  banshift serve --store ./store --public --listen 0.0.0.0:8080
  BANSHIFT_SQL_PASSWORD_FILE=sql.password banshift serve --store ./store --sql 127.0.0.1:8123
  banshift serve --config banshift.yaml --watch \
    --run 'kafka://broker:9092/flows?format=goflow2-json' --run /var/log/zeek`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.check(); err != nil {
				return misused(err)
			}
			if _, err := a.studyOptions(analyzeOptions{events: p.catalogue}); err != nil { // before the store is opened
				return err
			}
			if len(sources) > 0 {
				return a.run(c.Context(), sources, runOptions{follow: true, maxRejects: -1, watch: watch, page: &p})
			}
			if watch {
				return misused(errors.New("--watch is for --run; 'banshift watch --follow' judges what others store"))
			}
			return a.serve(c.Context(), p)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&sources, "run", nil, "read this SOURCE too, and follow it, as 'banshift run --follow SOURCE' does; may be given several times")
	f.BoolVar(&watch, "watch", false, "with --run: raise alarms on what is stored, as 'banshift watch' does")
	f.StringVar(&p.listen, "listen", "127.0.0.1:8080", "loopback address and port, or with --public any; port 0 takes a free one")
	f.BoolVar(&p.public, "public", false, "answer anybody with what may be published")
	f.StringVar(&p.sql, "sql", "", "answer SQL of dashboards at this loopback address and port, as 127.0.0.1:8123; an embedded store's only")
	f.BoolVar(&p.sqlRemote, "sql-remote", false, "let --sql be any address, and other machines ask; put a server with TLS in front")
	f.StringVar(&p.catalogue, "events", "", "catalogue: a directory, or a file of YAML, JSON or CSV; several by commas, \"builtin\" among them (default: the built-in one)")
	return cmd
}

// drainFor is how long answers may take after an interrupt.
const drainFor = 5 * time.Second

// pageOptions are the flags of the page.
type pageOptions struct {
	listen, catalogue string
	public            bool
	sql               string // where dashboards are answered; empty: nowhere
	sqlRemote         bool
}

// check refuses a page of small counts that others could see.
func (p pageOptions) check() error {
	if p.sql != "" && !p.sqlRemote && !serve.Local(p.sql) {
		return fmt.Errorf("serve: --sql %s is not a loopback address: it shows small counts to who knows the password, which is sent in the clear; use 127.0.0.1:PORT, or --sql-remote behind a server with TLS", p.sql)
	}
	if p.sqlRemote && p.sql == "" {
		return errors.New("--sql-remote is for --sql")
	}
	if p.public || serve.Local(p.listen) {
		return nil
	}
	return fmt.Errorf("serve: %s is not a loopback address: the page shows small counts, which others must not see; use 127.0.0.1:PORT, or --public for a page without them", p.listen)
}

func (a *app) serve(ctx context.Context, p pageOptions) error {
	return a.keepCounted(ctx, func(store *load.Store) (renewal, func(context.Context) error, error) {
		page, err := a.openPage(ctx, store, p)
		if err != nil {
			return nil, nil, err
		}
		return page.renew, page.serve, nil
	})
}

// livePage is what people look at; its catalogue is another one each time that the configuration is read again.
type livePage struct {
	app      *app
	store    *load.Store
	options  pageOptions
	listener net.Listener
	door     func(http.Handler) http.Handler
	handler  atomic.Pointer[http.Handler]
	// dashboards answers them until its context is done; nil: none are.
	dashboards func(context.Context) error
}

// openPage listens for who looks at the page of a store that somebody keeps counted.
func (a *app) openPage(ctx context.Context, store *load.Store, o pageOptions) (*livePage, error) {
	store.AnswerAsCounted()
	p := &livePage{app: a, store: store, options: o}
	use, err := p.renew(a.cfg)
	if err != nil {
		return nil, err
	}
	use()
	if p.dashboards, err = a.openSQL(ctx, store, o); err != nil {
		return nil, err
	}
	if p.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", o.listen); err != nil {
		return nil, fmt.Errorf("serve: %w; choose another address with --listen", err)
	}
	if o.public {
		p.door = func(inside http.Handler) http.Handler { return inside }
		fmt.Fprintf(a.errOut, "serving http://%s/ to anybody\n", p.listener.Addr())
		return p, nil
	}
	token := rand.Text()
	p.door = func(inside http.Handler) http.Handler { return serve.Door(token, inside) }
	fmt.Fprintf(a.errOut, "serving http://%s/%s\n", p.listener.Addr(), token)
	return p, nil
}

// renew is a renewal: what is asked then is answered by another configuration.
func (p *livePage) renew(cfg Config) (func(), error) {
	handler, err := p.app.with(cfg).pageHandler(p.store, p.options)
	return func() { p.handler.Store(&handler) }, err
}

// pageHandler makes the page by the configuration.
func (a *app) pageHandler(store *load.Store, p pageOptions) (http.Handler, error) {
	o, err := a.studyOptions(analyzeOptions{events: p.catalogue})
	if err != nil {
		return nil, err
	}
	reader, hours := study.Reader(store), store.UseByHour
	if p.public {
		hours = nil // of few clients, and protected by nothing
		if reader, err = a.public(store); err != nil {
			return nil, err
		}
	}
	return serve.New(serve.Options{Store: reader, Events: o.Catalogue, Version: programVersion(), Log: a.log, Report: a.reporter(reader, o), Public: p.public, Hours: hours,
		Overview: func(ctx context.Context) (account.Overview, error) { return study.Overview(ctx, reader, o) },
		Headlines: func(ctx context.Context, about []events.Event) (map[string]account.Headline, error) {
			return study.Headlines(ctx, reader, about, o)
		}})
}

// openSQL listens for dashboards; nil where none are answered.
func (a *app) openSQL(ctx context.Context, store *load.Store, p pageOptions) (func(context.Context) error, error) {
	if p.sql == "" {
		return nil, nil
	}
	c, said := a.cfg.SQL, "the password that was given"
	if c.Password == "" {
		c.Password = rand.Text()
		said = "the password " + c.Password
	}
	d, err := store.Door(ctx, sqldoor.Options{Password: c.Password, Remote: p.sqlRemote,
		Limits: sqldoor.Limits{Seconds: c.StatementSeconds, Rows: c.ResultRows, Megabytes: c.MemoryMegabytes, Statements: c.Statements}})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.sql)
	if err != nil {
		return nil, fmt.Errorf("serve: %w; choose another address with --sql", err)
	}
	a.watched.door.Store(d)
	fmt.Fprintf(a.errOut, "SQL for dashboards at http://%s/, database %s, user %s, %s\n", listener.Addr(), engine.Database, sqldoor.User, said)
	return func(ctx context.Context) error { return d.Serve(ctx, listener) }, nil
}

// serve answers until ctx is done.
func (p *livePage) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if p.dashboards != nil {
		group.Go(func() error { return p.dashboards(ctx) })
	}
	group.Go(func() error { return p.servePage(ctx) })
	return group.Wait()
}

// servePage answers until ctx is done, and has the first screen ready meanwhile.
func (p *livePage) servePage(ctx context.Context) error {
	current := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.handler.Load()).ServeHTTP(w, r) })
	life, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serve.KeepReady(life, current)
	}()
	defer func() { end(); <-ended }()
	return serveUntilDone(ctx, p.listener, p.door(current))
}

// beginServing serves until the context that it gives is done, which it also is where the page fails. end waits for answers that
// are under way, and says why the page failed.
func (p *livePage) beginServing(ctx context.Context) (reading context.Context, end func() error) {
	reading, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.serve(reading); stop() }()
	return reading, func() error { stop(); return <-ended }
}

// reporter makes the account of an event from the open store, or what others may see of it, as report does.
func (a *app) reporter(store study.Reader, o study.Options) func(context.Context, events.Event) (account.Report, error) {
	return func(ctx context.Context, e events.Event) (account.Report, error) {
		about, err := a.aboutEvent(o, e, "", "")
		if err != nil {
			return account.Report{}, err
		}
		return study.Run(ctx, store, e, about)
	}
}

// serveUntilDone serves until ctx ends, then lets running answers finish.
func serveUntilDone(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
