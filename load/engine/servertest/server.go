// Package servertest runs ClickHouse as a server for tests: a process of its own on free
// ports of the loopback interface, which is killed and started again, and whose files
// nobody repairs in between.
//
// It must never be part of the program. The test binary has to run [engine.ChildMain]
// under [engine.ChildCommand].
package servertest

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/banshift/banshift/load/engine"
)

// Server is a running server. It is stopped when the test ends.
type Server struct {
	t            testing.TB
	dir          string
	host         string
	cluster      string // remote_servers, or empty
	native, http int
	path         string     // of the engine
	mu           sync.Mutex // of what follows
	process      *exec.Cmd
	lifeline     *os.File
	exited       chan struct{}
	killed       bool // by the test: nobody starts it again but Restart
}

// User is a user with nothing but some grants, each a statement GRANT without its TO.
type User struct {
	Name     string
	Grants   []string
	ReadOnly int // as in the setting readonly
}

// Start starts a server on an empty directory, or skips the test where there is no engine.
func Start(t testing.TB, users ...User) *Server {
	t.Helper()
	s := prepare(t)
	s.configure(users)
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

// StartOnSmallDisk is [Start] with a disk of its own for the tables, as [SmallDisk] mounts it.
func StartOnSmallDisk(t testing.TB, size string) *Server {
	t.Helper()
	s := prepare(t)
	s.configure(nil)
	SmallDisk(t, s.Data(), size)
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

func prepare(t testing.TB) *Server {
	t.Helper()
	path, err := engine.Locate("")
	if err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
	return &Server{t: t, dir: t.TempDir(), host: "127.0.0.1", native: freePort(t), http: freePort(t), path: path}
}

// Cluster is the name under which the servers of [StartCluster] know each other.
const Cluster = "shards"

// ClusterUser is as whom the servers of [StartCluster] ask each other, where it is one of the users; else it is one who
// may do everything.
const ClusterUser = "banshift_shards"

// StartCluster starts n servers, each a shard of one cluster, on addresses of the loopback interface: 127.0.0.2,
// 127.0.0.3 and so on. Their ports are the same, as those of a cluster's servers are.
func StartCluster(t testing.TB, n int, users ...User) []*Server {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8 on its loopback interface")
	}
	path, err := engine.Locate("")
	if err != nil {
		t.Skipf("engine is absent (run `make engine`): %v", err)
	}
	native, http, user := freePort(t), freePort(t), "banshift"
	if slices.ContainsFunc(users, func(u User) bool { return u.Name == ClusterUser }) {
		user = ClusterUser
	}
	var all []*Server
	var shards strings.Builder
	for i := range n {
		s := &Server{t: t, dir: t.TempDir(), host: fmt.Sprintf("127.0.0.%d", i+2), native: native, http: http, path: path}
		fmt.Fprintf(&shards, "<shard><replica><host>%s</host><port>%d</port><user>%s</user></replica></shard>", s.host, native, user)
		all = append(all, s)
	}
	for _, s := range all {
		s.cluster = fmt.Sprintf("<remote_servers><%s>%s</%[1]s></remote_servers>", Cluster, shards.String())
		s.configure(users)
		s.Restart()
		t.Cleanup(s.Kill)
	}
	return all
}

// DSN is the address of a database on the server, which is made where it is missing.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("clickhouse://banshift@%s:%d/%s?http_port=%d", s.host, s.native, database, s.http)
}

// DSNOf is [Server.DSN] for another user.
func (s *Server) DSNOf(user, database string) string {
	return strings.Replace(s.DSN(database), "banshift@", user+"@", 1)
}

// Data is where the server keeps its tables.
func (s *Server) Data() string { return filepath.Join(s.dir, "data") }

func (s *Server) configure(more []User) {
	s.t.Helper()
	var profiles, granted strings.Builder
	for _, u := range more {
		fmt.Fprintf(&profiles, "<%s><readonly>%d</readonly></%[1]s>", u.Name, u.ReadOnly)
		fmt.Fprintf(&granted, "<%s><no_password/><networks><ip>127.0.0.0/8</ip></networks><profile>%[1]s</profile><quota>default</quota><grants>", u.Name)
		for _, g := range u.Grants {
			fmt.Fprintf(&granted, "<query>%s</query>", g)
		}
		fmt.Fprintf(&granted, "</grants></%s>", u.Name)
	}
	users := filepath.Join(s.dir, "users.xml")
	for path, text := range map[string]string{
		users: `<clickhouse><profiles><default><http_receive_timeout>10</http_receive_timeout></default>` + profiles.String() + `</profiles><quotas><default/></quotas><users>
			<default><no_password/><networks><ip>127.0.0.0/8</ip></networks><profile>default</profile><quota>default</quota></default>
			<banshift><no_password/><networks><ip>127.0.0.0/8</ip></networks><profile>default</profile><quota>default</quota></banshift>` + granted.String() + `
			</users></clickhouse>`,
		s.config(): fmt.Sprintf(`<clickhouse>
			<logger><level>warning</level><log>%[1]s/server.log</log><errorlog>%[1]s/server.err.log</errorlog></logger>
			<path>%[2]s/</path><tmp_path>%[2]s/tmp/</tmp_path><user_files_path>%[2]s/user_files/</user_files_path>
			<listen_host>%[6]s</listen_host><tcp_port>%[3]d</tcp_port><http_port>%[4]d</http_port>
			<users_config>%[5]s</users_config><user_directories><users_xml><path>%[5]s</path></users_xml></user_directories>
			<max_server_memory_usage>2147483648</max_server_memory_usage><mark_cache_size>67108864</mark_cache_size>
			<s3><use_environment_credentials>0</use_environment_credentials></s3><send_crash_reports><enabled>false</enabled></send_crash_reports>
			<access_control_improvements><table_engines_require_grant>true</table_engines_require_grant></access_control_improvements>
			%[7]s</clickhouse>`, s.dir, s.Data(), s.native, s.http, users, s.host, s.cluster),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := os.MkdirAll(s.Data(), 0o700); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) config() string { return filepath.Join(s.dir, "config.xml") }

// keepAlive opens the ports and then waits: clickhouse-local ends with its queries.
//
//go:embed keep_alive.sql
var keepAlive string

// Restart starts the server where it has ended, and waits until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = false
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// keep starts the server again where it ended by itself, as what supervises a server does: the
// library that stands for one crashes now and then under many connections.
func (s *Server) keep(exited chan struct{}) {
	<-exited
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.killed || s.exited != exited { // the second: it was started again meanwhile
		return
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "server.out"))
	s.t.Logf("the server ended by itself and is started again: %s", text)
	s.lifeline.Close()
	if err := s.start(); err != nil {
		s.t.Errorf("started again: %v", err)
	}
}

// start is Restart for who has the lock.
func (s *Server) start() error {
	// A system database that an earlier life left behind is not loaded again, and its directory makes system tables fail.
	if err := os.RemoveAll(filepath.Join(s.Data(), "data", "system")); err != nil {
		return err
	}
	cmd := exec.Command(s.path, "server", "--config-file="+s.config())
	if strings.Contains(filepath.Base(s.path), ".so") || strings.HasSuffix(s.path, ".dylib") {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		cmd = exec.Command(self, engine.ChildCommand, s.path, "clickhouse",
			"--config-file="+s.config(), "--log-level=warning", "--logger.level=warning", "--query", keepAlive)
	}
	childEnd, lifeline, err := os.Pipe()
	if err != nil {
		return err
	}
	output, err := os.Create(filepath.Join(s.dir, "server.out"))
	if err != nil {
		return err
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = s.Data(), output, output, []string{}
	cmd.ExtraFiles = []*os.File{childEnd}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	childEnd.Close()
	output.Close()
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	s.process, s.lifeline, s.exited = cmd, lifeline, exited
	for deadline := time.Now().Add(60 * time.Second); !s.answers(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-exited:
			text, _ := os.ReadFile(filepath.Join(s.dir, "server.out"))
			return fmt.Errorf("the server did not start: %s", text)
		default:
		}
		if time.Now().After(deadline) {
			return errors.New("the server does not answer")
		}
	}
	go s.keep(exited)
	return nil
}

// Pause stops the server's process, which keeps its ports: nothing is answered until it is resumed or killed.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume has a paused server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// OnCores keeps the server's threads on some of the machine's cores, which are written as taskset(1) takes them: "0", "0-3".
func (s *Server) OnCores(cores string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if out, err := exec.Command("taskset", "-a", "-c", "-p", cores, fmt.Sprint(s.process.Process.Pid)).CombinedOutput(); err != nil {
		s.t.Fatalf("taskset: %v: %s", err, out)
	}
}

func (s *Server) signal(signal syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Error(err)
	}
}

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = true
	_ = s.process.Process.Kill()
	<-s.exited
	s.lifeline.Close()
}

func (s *Server) answers() bool {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(fmt.Sprintf("http://%s:%d/ping", s.host, s.http))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16))
	return err == nil && string(body) == "Ok.\n"
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
