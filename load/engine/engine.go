package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/banshift/banshift/schemas/statements"
)

// Options say how an engine is run.
type Options struct {
	// Path is libchdb.so or a clickhouse binary; empty: see [Locate].
	Path string
	// MemoryMegabytes bounds the engine's memory; 0: 2048.
	MemoryMegabytes int
	// Native opens the port of the native protocol, too. With libchdb a wrong password
	// there aborts the engine, which is then started again: not for daily use.
	Native bool
	// Log is told of restarts; nil: nobody is.
	Log *slog.Logger
}

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
	maxRestarts  = 5           // in a row; beyond it something is wrong with the machine
	soundLife    = time.Minute // a child that lived so long was no failed restart
)

// Engine is a running engine: our own child, or one that another process runs and
// that we joined. When that process ends, the engine becomes our child.
type Engine struct {
	conn   Conn
	layout layout

	path   string
	native bool
	log    *slog.Logger
	lock   *os.File
	waits  *os.File // says that we may run the engine next
	close  sync.Once
	life   context.Context // until Close
	leave  context.CancelFunc

	mu       sync.Mutex
	joined   bool // another process runs the engine
	stopping bool
	child    *child
	failed   error // why there is no engine any more
	done     chan struct{}
}

// child is one process of the engine.
type child struct {
	pid      int
	lifeline *os.File // closed, by us or by our death, it ends the child
	exited   chan struct{}
	err      error // valid after exited
}

// Start runs the engine on directory dir, which is made where it is missing. Where
// another process of this user runs an engine there, Start joins that one. Close it.
func Start(ctx context.Context, dir string, o Options) (*Engine, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store directory: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MemoryMegabytes == 0 {
		o.MemoryMegabytes = 2048
	}
	l := layoutOf(root)
	if err := l.make(); err != nil {
		return nil, err
	}
	waits, err := l.wait()
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", dir, err)
	}
	lock, conn, err := l.lockOrJoin(ctx)
	if err != nil {
		waits.Close()
		return nil, fmt.Errorf("store %s: %w", dir, err)
	}
	life, leave := context.WithCancel(context.Background())
	e := &Engine{layout: l, native: o.Native, log: o.Log, life: life, leave: leave, waits: waits, done: make(chan struct{})}
	if lock == nil {
		e.conn, e.joined = conn, true
		go e.watch(o)
		return e, nil
	}
	waits.Close()
	path, err := Locate(o.Path)
	if err != nil {
		leave()
		lock.Close()
		return nil, err
	}
	e.path, e.lock = path, lock
	if err := e.start(ctx, int64(o.MemoryMegabytes)<<20); err != nil {
		leave()
		e.release()
		return nil, fmt.Errorf("store %s: %w", dir, err)
	}
	go e.supervise()
	return e, nil
}

// lockOrJoin gives the lock, or the connection of the engine that runs already. It
// waits a little for one that is starting or ending.
func (l layout) lockOrJoin(ctx context.Context) (*os.File, Conn, error) {
	deadline := time.Now().Add(15 * time.Second)
	for {
		lock, err := l.takeLock()
		if !errors.Is(err, errLocked) {
			return lock, Conn{}, err
		}
		conn, connErr := l.readConnection()
		if connErr == nil && ping(ctx, conn) == nil {
			return nil, conn, nil
		}
		if time.Now().After(deadline) {
			return nil, Conn{}, fmt.Errorf("%w that does not answer (lock %s): wait for it to end, or stop it", errLocked, l.lock())
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, Conn{}, fmt.Errorf("%w: %w", errLocked, err)
		}
	}
}

// start writes the configuration and brings the first child up, where the engine before
// it was: a program that joined that one goes on. A port may be taken: then others are tried.
func (e *Engine) start(ctx context.Context, memoryBytes int64) error {
	var err error
	if e.conn, err = e.layout.readConnection(); err != nil || e.conn.HTTPPort == 0 || e.conn.Password == "" { // the first here
		e.conn, err = newConn()
	}
	if e.conn.DashboardPassword == "" { // an older program was the last here
		e.conn.DashboardPassword = newPassword()
	}
	for attempt := 1; ; attempt++ {
		if err != nil {
			return err
		}
		if err := e.layout.writeConfig(e.conn, isLibrary(e.path), memoryBytes); err != nil {
			return err
		}
		err = e.launch(ctx)
		if err == nil || ctx.Err() != nil || attempt == 3 || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
		e.conn, err = newConn()
	}
}

// newConn gives two free ports and new passwords.
func newConn() (Conn, error) {
	c := Conn{
		Host: "127.0.0.1", User: "banshift", Password: newPassword(),
		Reader: "reader", ReaderPassword: newPassword(), DashboardPassword: newPassword(),
	}
	var err error
	if c.TCPPort, c.HTTPPort, err = freePorts(); err != nil {
		return Conn{}, fmt.Errorf("free ports: %w", err)
	}
	return c, nil
}

// launch starts one child and waits until it answers.
func (e *Engine) launch(ctx context.Context) error {
	if err := verify(e.path); err != nil {
		return err
	}
	// A system database that an earlier life left behind is not loaded again, and
	// its directory makes system tables fail (code 57).
	if err := os.RemoveAll(filepath.Join(e.layout.data, "data", "system")); err != nil {
		return fmt.Errorf("clear the engine's system database: %w", err)
	}
	forgotten, err := repairDeduplication(e.layout.data)
	if err != nil {
		return err
	}
	if forgotten > 0 {
		e.log.Warn("the engine had been killed within an insert: that insert will be repeated", "parts", forgotten)
	}
	output, err := os.OpenFile(e.layout.output(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("engine output: %w", err)
	}
	defer output.Close()
	cmd, err := e.command()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Dir = e.layout.data
	childEnd, lifeline, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("lifeline of the engine: %w", err)
	}
	defer childEnd.Close()
	cmd.ExtraFiles = []*os.File{childEnd, e.lock} // file descriptors 3 (see lifeline) and 4
	cmd.SysProcAttr = childAttributes()

	c := &child{lifeline: lifeline, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The death signal follows the thread that started the child: keep it alive.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		lifeline.Close()
		return fmt.Errorf("start engine: %w", err)
	}
	c.pid = cmd.Process.Pid
	e.mu.Lock()
	e.child = c
	e.conn.PID = c.pid
	e.mu.Unlock()
	if err := e.waitUp(ctx, c); err != nil {
		return err
	}
	if err := e.layout.writeConnection(e.conn); err != nil {
		e.kill(c)
		return fmt.Errorf("connection file: %w", err)
	}
	return nil
}

// command is the child's command line: our own binary, which confines itself and becomes
// our own binary around the library, or a clickhouse server.
func (e *Engine) command() (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own binary: %w", err)
	}
	program := []string{e.path, "server", "--config-file=" + e.layout.config()}
	if isLibrary(e.path) {
		alive := statements.EngineAlive
		if e.native {
			alive = statements.EngineNative + alive
		}
		program = []string{self, ChildCommand, e.path, "clickhouse",
			"--config-file=" + e.layout.config(), "--log-level=warning", "--logger.level=warning", "--query", alive}
	}
	cmd := exec.Command(self, append([]string{ChildCommand, confineCommand, e.layout.root, e.path}, program...)...)
	cmd.Env = []string{} // the owner's holds passwords, and a statement may find a way to read it
	return cmd, nil
}

// waitUp waits until c answers, and explains why it does not.
func (e *Engine) waitUp(ctx context.Context, c *child) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if ping(ctx, e.conn) == nil {
			e.warnUnconfined()
			return nil
		}
		select {
		case <-c.exited:
			return fmt.Errorf("engine %s did not start (%w): %s", e.path, exitError(c.err), e.lastWords())
		case <-ctx.Done():
			e.kill(c)
			return fmt.Errorf("engine %s did not answer: %w: %s", e.path, ctx.Err(), e.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// warnUnconfined hands on why the child may open every file that we may.
func (e *Engine) warnUnconfined() {
	words, err := os.ReadFile(e.layout.output())
	if err != nil {
		return // there are no words
	}
	for line := range strings.Lines(string(words)) {
		if why, ok := strings.CutPrefix(strings.TrimSpace(line), unconfined); ok {
			e.log.Warn("the engine's process can read every file that this user can", "reason", why)
		}
	}
}

func exitError(err error) error {
	if err == nil {
		return errors.New("it ended by itself")
	}
	return err
}

// supervise starts a new child where one has died that nobody asked to.
func (e *Engine) supervise() {
	defer close(e.done)
	started, restarts := time.Now(), 0
	if e.isStopping() { // Close came before there was a child to stop
		e.kill(e.child)
		return
	}
	for {
		<-e.child.exited
		if e.isStopping() {
			return
		}
		if time.Since(started) > soundLife {
			restarts = 0
		}
		if restarts == maxRestarts {
			e.fail(fmt.Errorf("the engine died %d times in a row, last: %s; see %s", restarts+1, e.lastWords(), e.layout.log()))
			return
		}
		restarts++
		e.log.Warn("the engine died: starting it again", "error", exitError(e.child.err), "last_words", e.lastWords())
		started = time.Now()
		if err := e.launch(context.Background()); err != nil {
			e.log.Warn("the engine did not come back", "error", err)
			continue // the child is dead, this one or the one before
		}
		if e.isStopping() { // Close saw only the child that had died
			e.kill(e.child)
			return
		}
	}
}

func (e *Engine) isStopping() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopping
}

func (e *Engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failed = err
}

// Err says why there is no engine any more; nil while it runs or is being restarted.
func (e *Engine) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed
}

// Conn says how to reach the engine. It stays the same across restarts of the child.
func (e *Engine) Conn() Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.conn
}

// Joined reports whether another process owns the engine.
func (e *Engine) Joined() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.joined
}

// PID is the process of the engine.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.conn.PID
}

// Close stops the engine and waits for its end; a joined engine is left running.
func (e *Engine) Close() error {
	var err error
	e.close.Do(func() {
		e.mu.Lock()
		e.stopping = true
		c := e.child
		e.mu.Unlock()
		if c != nil {
			err = e.stop(c)
		}
		e.leave()
		<-e.done
		e.waits.Close() //nolint:errcheck // it may be closed already
		if e.lock != nil {
			e.release()
		}
	})
	return err
}

// stop asks c to end, and kills it where it does not.
func (e *Engine) stop(c *child) error {
	c.lifeline.Close()
	for _, patience := range []time.Duration{stopTimeout / 2, stopTimeout / 2} {
		if !isLibrary(e.path) {
			syscall.Kill(c.pid, syscall.SIGTERM)
		}
		select {
		case <-c.exited:
			return nil
		case <-time.After(patience):
		}
	}
	e.kill(c)
	return fmt.Errorf("engine did not stop in %s and was killed", stopTimeout)
}

func (e *Engine) kill(c *child) {
	syscall.Kill(c.pid, syscall.SIGKILL)
	<-c.exited
}

// release removes what only a running engine needs and gives the lock back. Where another
// program waits to run the engine, its address stays for whoever is first.
func (e *Engine) release() {
	gone := []string{e.layout.config(), e.layout.users()}
	if !e.layout.awaited() {
		gone = append(gone, e.layout.connection())
	}
	for _, path := range gone {
		os.Remove(path)
	}
	e.lock.Close()
}

// lastWords is the end of what the engine printed or logged, on one line.
func (e *Engine) lastWords() string {
	for _, path := range []string{e.layout.output(), e.layout.log() + ".errors"} {
		text, err := tail(path, 2048)
		if err == nil && len(bytes.TrimSpace(text)) > 0 {
			return strings.Join(strings.Fields(string(text)), " ")
		}
	}
	return "it printed nothing"
}

// tail reads the last n bytes of a file.
func tail(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-n), n))
}

var pingClient = &http.Client{Timeout: 2 * time.Second}

// ping asks the engine's HTTP port whether it is up.
func ping(ctx context.Context, c Conn) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d/ping", c.Host, c.HTTPPort), nil)
	if err != nil {
		return err
	}
	resp, err := pingClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	if err != nil {
		return err
	}
	if string(body) != "Ok.\n" {
		return fmt.Errorf("ping said %q", body)
	}
	return nil
}

// freePorts asks the kernel for two free ports on loopback.
func freePorts() (int, int, error) {
	a, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer a.Close()
	b, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer b.Close()
	return a.Addr().(*net.TCPAddr).Port, b.Addr().(*net.TCPAddr).Port, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
