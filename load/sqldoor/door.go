package sqldoor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/guard"
)

// User is the name that programs give with the password.
const User = engine.DashboardUser

// Limits are what statements may use.
type Limits struct {
	// Seconds is how long one may take, with its answer; Rows how many its answer may have.
	Seconds, Rows int
	// Megabytes is how much memory all that run at once may take together.
	Megabytes int
	// Statements is how many run at once; more wait.
	Statements int
}

// Engine is the engine behind a door.
type Engine struct {
	// Address is its HTTP interface, as http://127.0.0.1:8123/.
	Address, Password string
}

// Options say how a door is made.
type Options struct {
	Engine Engine
	// Password is what programs must know.
	Password string
	// Remote lets programs of other machines in: the requests' host may be any.
	Remote bool
	Limits Limits
}

// MinPassword is how long a password must be: who may try one a second for years does not find it.
const MinPassword = 16

const (
	mostConnections = 256
	waitForTurn     = 10 * time.Second // of a statement when others run
	readBody        = 10 * time.Second // for a statement to arrive
	stalled         = 30 * time.Second // without anything of the answer taken
	drainFor        = 5 * time.Second  // of an interrupt
)

// Door answers programs. It is safe for concurrent use.
type Door struct {
	o      Options
	engine *http.Client
	guard  *guard.Guard
	keeper *keeper
	turns  chan struct{}
	counts counts
}

// New makes a door, and asks the engine for what its guard must know.
func New(ctx context.Context, o Options) (*Door, error) {
	if len(o.Password) < MinPassword {
		return nil, fmt.Errorf("the password of the SQL door has %d characters: want at least %d", len(o.Password), MinPassword)
	}
	d := &Door{o: o, keeper: newKeeper(o.Password, time.Now), turns: make(chan struct{}, o.Limits.Statements),
		engine: &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: o.Limits.Statements,
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}}}
	g, err := guard.New(ctx, engine.Database, d.asker(nil))
	if err != nil {
		if e := (*Exception)(nil); errors.As(err, &e) && e.Code == authenticationFailed {
			err = errors.New("another, older banshift runs the engine, which has no user for dashboards: end that program first")
		}
		return nil, fmt.Errorf("SQL door: %w", err)
	}
	if d.guard, err = g.ForPrograms(limitNames()); err != nil {
		return nil, fmt.Errorf("SQL door: %w", err)
	}
	return d, nil
}

// Serve answers on a listener until ctx is done; statements that run then have a few seconds.
func (d *Door) Serve(ctx context.Context, l net.Listener) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server := &http.Server{Handler: d, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return running },
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context { return withVisitor(ctx) }}
	defer server.Close()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(l, mostConnections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("SQL door: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(running, drainFor)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("SQL door: %w", err)
	}
	return nil
}

// ServeHTTP answers one request.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e := d.admit(r); e != nil {
		d.counts.refused.Add(1)
		e.write(w)
		return
	}
	if isPing(r) {
		fmt.Fprintln(w, "Ok.")
		return
	}
	began := time.Now()
	d.counts.running.Add(1)
	outcome := d.statement(w, r)
	d.counts.running.Add(-1)
	d.counts.add(outcome, time.Since(began))
	if outcome == broken {
		panic(http.ErrAbortHandler) // whoever asked must not take it for the whole answer
	}
}

// admit turns away what is no request of a program that knows the password.
func (d *Door) admit(r *http.Request) *Exception {
	switch {
	case !d.o.Remote && !local(r.Host):
		return &Exception{Status: http.StatusForbidden, Code: accessDenied, Name: "ACCESS_DENIED", Text: "this store is open to programs of its own machine: ask 127.0.0.1"}
	case r.URL.Path == "/ping" || isPing(r):
		return nil
	case r.URL.Path != "/":
		return &Exception{Status: http.StatusNotFound, Code: noSuchHandle, Name: "BAD_ARGUMENTS", Text: "there is no such path: statements go to /"}
	}
	return d.keeper.admit(r)
}

// isPing tells the question whether somebody is there from a statement.
func isPing(r *http.Request) bool {
	return r.Method != http.MethodPost && (r.URL.Path == "/ping" || r.URL.Path == "/" && !r.URL.Query().Has("query"))
}

// local reports whether the host of a request is this machine: another name that leads here is a trick of a web page.
func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
