package load_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/engine"
	"github.com/banshift/banshift/load/sqldoor"
	"github.com/banshift/banshift/schemas/columns"
)

const doorPassword = "the-password-of-the-tests"

// opened is a store of its own with telemetry, and a door to it.
type opened struct {
	t       *testing.T
	store   *load.Store
	door    *sqldoor.Door
	address string // host:port
	end     func() error
}

var doorLimits = sqldoor.Limits{Seconds: 3, Rows: 5000, Megabytes: 256, Statements: 4}

func openDoor(t *testing.T) *opened {
	t.Helper()
	needEngine(t)
	ctx := context.Background()
	s, err := load.Open(ctx, t.TempDir(), load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	fill(t, s)
	if _, err := s.Count(ctx, 0); err != nil {
		t.Fatal(err)
	}
	d, err := s.Door(ctx, sqldoor.Options{Password: doorPassword, Limits: doorLimits})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- d.Serve(serving, l) }()
	end := sync.OnceValue(func() error { stop(); return <-served })
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return &opened{t, s, d, l.Addr().String(), end}
}

// ask sends a statement, and gives HTTP's status, ClickHouse's code and the text of the answer.
func (o *opened) ask(parameters, sql string) (status int, code, text string) {
	o.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+o.address+"/?"+parameters, strings.NewReader(sql))
	if err != nil {
		o.t.Fatal(err)
	}
	r.SetBasicAuth(sqldoor.User, doorPassword)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, "", err.Error()
	}
	return answer.StatusCode, answer.Header.Get("X-ClickHouse-Exception-Code"), string(body)
}

// running is how many statements of programs the engine runs.
func (o *opened) running() (n uint64) {
	o.t.Helper()
	if err := o.store.Conn().QueryRow(context.Background(), "SELECT count() FROM system.processes WHERE user = 'dashboards'").Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *opened) awaitRunning(n uint64) {
	o.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); o.running() != n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("%d statements run, want %d", o.running(), n)
		}
	}
}

// endless is a statement that ends when it is stopped.
const endless = "SELECT count() FROM numbers(toUInt64(1e18)) WHERE NOT ignore(rand())"

// The door answers ClickHouse's own client over HTTP, plain and compressed, and every statement of the dashboards.
func TestDoorAnswersDashboards(t *testing.T) {
	o := openDoor(t)
	for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionGZIP, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD} {
		conn, err := clickhouse.Open(&clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{o.address}, Compression: &clickhouse.Compression{Method: method, Level: 3},
			Auth: clickhouse.Auth{Database: engine.Database, Username: sqldoor.User, Password: doorPassword}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		version, err := conn.ServerVersion()
		if err != nil || version.Version.Major == 0 {
			t.Fatalf("%v: the handshake: %v, %v", method, version, err)
		}
		var days uint64
		row := conn.QueryRow(clickhouse.Context(context.Background(), clickhouse.WithParameters(clickhouse.Parameters{"c": "ru"})),
			"SELECT uniqExact(day) FROM counts_day WHERE country = {c:String}")
		if err := row.Scan(&days); err != nil || days == 0 {
			t.Errorf("%v: %d days, %v", method, days, err)
		}
		if err := conn.Exec(context.Background(), "SELECT count() FROM usage"); err == nil || !strings.Contains(err.Error(), "497") {
			t.Errorf("%v: client-hours: %v", method, err)
		}
	}
	asked := 0
	answers := func(name, sql string) {
		asked++
		if status, _, text := o.ask("", choices.Replace(sql)); status != http.StatusOK {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	board := readBoard(t)
	for _, p := range board.Panels {
		answers(p.Title, p.Targets[0].RawSQL)
	}
	for _, a := range board.Annotations.List {
		answers(a.Name, a.Target.RawSQL)
	}
	for _, pattern := range []string{"metabase/*.sql", "superset/datasets/banshift/*.yaml"} {
		paths, err := filepath.Glob("../deploy/dashboards/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sql := struct{ SQL string }{string(text)}
			if filepath.Ext(path) == ".yaml" {
				if err := yaml.Unmarshal(text, &sql); err != nil {
					t.Fatal(err)
				}
			}
			answers(path, sql.SQL+"\n")
		}
	}
	if asked < 30 {
		t.Errorf("%d statements: nothing is tested", asked)
	}
	for parameters, want := range map[string]string{
		"default_format=CSV": "1\n", "query=SELECT+2": "2\n", "query=SELECT+3&database=default": "3\n", "query=SELECT+{n:UInt8}&param_n=4&session_id=s": "4\n",
		"max_result_rows=7&query=SELECT+5": "5\n",
	} {
		sql := ""
		if !strings.Contains(parameters, "query=") {
			sql = "SELECT 1;\n"
		}
		if _, _, text := o.ask(parameters, sql); text != want {
			t.Errorf("%s: %q", parameters, text)
		}
	}
}

// What others must not ask is refused: statements that do more than read, and every table with a client in it.
func TestDoorRefuses(t *testing.T) {
	o := openDoor(t)
	for _, sql := range []string{"SHOW DATABASES", "SHOW TABLES FROM banshift", "EXISTS DATABASE banshift FORMAT Native", "DESCRIBE TABLE counts_day FORMAT CSV", "SELECT name FROM system.settings LIMIT 1"} {
		if status, _, text := o.ask("", sql); status != http.StatusOK {
			t.Errorf("%s: %d %s", sql, status, text)
		}
	}
	asks := []string{"SHOW DATABASES", "SHOW TABLES FROM system", "SELECT * FROM system.settings"} // programs may, see the guard
	list := slices.DeleteFunc(statements(t, "refused.sql"), func(sql string) bool { return slices.Contains(asks, sql) })
	for _, name := range []string{"max_execution_time", "max_memory_usage", "max_result_rows", "result_overflow_mode", "timeout_overflow_mode", "readonly", "max_threads"} {
		list = append(list, "SELECT 1 SETTINGS "+name+" = 0")
	}
	for _, sql := range list {
		if status, code, text := o.ask("", sql); status == http.StatusOK || code == "" {
			t.Errorf("%s: %d %s", sql, status, text)
		}
	}
	may := map[string]bool{}
	for _, grant := range engine.DashboardGrants() {
		may[strings.TrimPrefix(grant, "GRANT SELECT ON "+engine.Database+".")] = true
	}
	all, err := columns.Read()
	if err != nil {
		t.Fatal(err)
	}
	withClients := 0
	for _, table := range all.Tables {
		holds := slices.ContainsFunc(table.Columns, func(c columns.Column) bool { return c.Privacy == "pseudonym" })
		if holds {
			withClients++
		}
		status, code, text := o.ask("", "SELECT count() FROM "+table.Name)
		switch {
		case holds && may[table.Name]:
			t.Errorf("%s has clients in it, and is granted", table.Name)
		case !may[table.Name] && code != "497":
			t.Errorf("%s: %d %s", table.Name, status, text)
		case may[table.Name] && status != http.StatusOK:
			t.Errorf("%s: %d %s", table.Name, status, text)
		}
	}
	if withClients < 3 {
		t.Errorf("%d tables have clients: nothing is tested", withClients)
	}
	for parameters, want := range map[string]string{
		"format_schema=x": "115", "max_memory_usage_for_all=1": "115", "result_overflow_mode=break": "115", "database=system": "81", "user=banshift&password=x": "115",
	} {
		if status, code, text := o.ask(parameters, "SELECT 1"); code != want {
			t.Errorf("%s: %d %s %s", parameters, status, code, text)
		}
	}
	if a := o.door.Account(); a.Refused < int64(len(list)/2) || a.Running != 0 {
		t.Errorf("it counts %+v", a)
	}
}

// A statement has so much time, memory and rows, and ends when whoever asked is gone.
func TestDoorLimits(t *testing.T) {
	o := openDoor(t)
	for sql, want := range map[string]string{
		endless:                              "159",
		"SELECT number FROM numbers(100000)": "396",
		"SELECT length(groupArray(repeat(toString(number), 100000))) FROM numbers(1000000)":    "241",
		"SELECT uniqExact(number) FROM numbers(100000000)":                                     "", // of memory, or of time on a slow machine
		"SELECT length(arraySort(groupArray(sipHash64(number)))) FROM numbers_mt(500000000)":   "",
		"SELECT repeat('a', 1000000000)":                                                       "",
		"SELECT length(arrayMap(x -> repeat(toString(x), 10000), range(1000000)))":             "",
		"SELECT max(length(repeat(toString(number), 100000))) FROM numbers(1000000000)":        "",
		"SELECT count() FROM numbers(100000) AS a, numbers(100000) AS b, numbers(100000) AS c": "",
	} {
		status, code, text := o.ask("max_execution_time=0&max_memory_usage=0&max_result_rows=0", sql)
		if status == http.StatusOK || want != "" && code != want {
			t.Errorf("%s: %d %s %.200s", sql, status, code, text)
		}
	}
	if _, code, _ := o.ask("max_result_rows=10", "SELECT number FROM numbers(11)"); code != "396" {
		t.Errorf("a smaller limit of the program's own: %s", code)
	}
	ctx, leave := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+o.address+"/", strings.NewReader(endless))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(sqldoor.User, doorPassword)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if answer, err := http.DefaultClient.Do(r); err == nil {
			answer.Body.Close()
		}
	}()
	o.awaitRunning(1)
	leave()
	<-gone
	o.awaitRunning(0)
	if o.door.Account().Stopped != 1 {
		t.Errorf("it counts %+v", o.door.Account())
	}
}

// Wrong passwords, garbage, bodies without an end and programs that take nothing do not touch the engine, which goes on
// writing; twenty programs at once get what each asked for.
func TestDoorEndures(t *testing.T) {
	o := openDoor(t)
	pid := o.store.Engine().PID()
	knows := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	send := func(client *http.Client, password string, body io.Reader, header ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, "http://"+o.address+"/", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-ClickHouse-User", sqldoor.User)
		r.Header.Set("X-ClickHouse-Key", password)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		answer, err := client.Do(r)
		if err != nil {
			return 0, err.Error()
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			return 0, err.Error()
		}
		return answer.StatusCode, string(text)
	}
	if status, text := send(knows, doorPassword, strings.NewReader("SELECT 1")); text != "1\n" {
		t.Fatal(status, text)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(make([]byte, 64<<20))
	w.Close()
	var small bytes.Buffer
	w = gzip.NewWriter(&small)
	io.WriteString(w, "SELECT 6")
	w.Close()
	if status, text := send(knows, doorPassword, &small, "Content-Encoding", "gzip"); text != "6\n" {
		t.Errorf("a packed statement: %d %s", status, text)
	}
	for name, send := range map[string]func() (int, string){
		"a packed body of 64 MB": func() (int, string) {
			return send(http.DefaultClient, doorPassword, &packed, "Content-Encoding", "gzip")
		},
		"a body of 64 MB": func() (int, string) {
			return send(http.DefaultClient, doorPassword, bytes.NewReader(bytes.Repeat([]byte("SELECT 1 "), 7<<20)))
		},
		"garbage": func() (int, string) { return send(knows, doorPassword, bytes.NewReader([]byte{0, 255, 1, 254, '\''})) },
		"garbage, gzip": func() (int, string) {
			return send(knows, doorPassword, strings.NewReader("xx"), "Content-Encoding", "gzip")
		},
		"nothing": func() (int, string) { return send(knows, doorPassword, nil) },
		"deep": func() (int, string) {
			return send(knows, doorPassword, strings.NewReader("SELECT "+strings.Repeat("(", 100000)))
		},
		"a foreign host": func() (int, string) { r, err := hostOf(o.address, "evil.example"); return r, err },
	} {
		if status, text := send(); status == http.StatusOK {
			t.Errorf("%s: %d %.200s", name, status, text)
		}
	}
	waits := make([]net.Conn, 30) // that begin a statement and never end it, or take nothing
	for i := range waits {
		conn, err := net.Dial("tcp", o.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		waits[i] = conn
		text := "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\nX-ClickHouse-User: dashboards\r\nX-ClickHouse-Key: " + doorPassword + "\r\n\r\nS"
		if i < 3 {
			// Together within the memory of all statements, each more than the sockets between them take.
			text = "GET /?query=" + url.QueryEscape("SELECT repeat('a', 6000) FROM numbers(4000)") + " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-ClickHouse-User: dashboards\r\nX-ClickHouse-Key: " + doorPassword + "\r\n\r\n"
		}
		io.WriteString(conn, text)
	}
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			for j := range 10 {
				sql := fmt.Sprintf("SELECT sum(number) + %d FROM numbers(%d)", i, j+1)
				if status, _, text := o.ask("", sql); text != fmt.Sprintf("%d\n", i+j*(j+1)/2) {
					t.Errorf("%s: %d %s", sql, status, text)
				}
			}
		})
	}
	group.Wait()
	for _, conn := range waits {
		conn.Close()
	}
	o.awaitRunning(0)
	last := 0
	for tries := 0; tries < 1000 && last != http.StatusTooManyRequests; tries++ {
		last, _ = send(http.DefaultClient, "wrong", strings.NewReader("SELECT 1"))
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("wrong passwords without an end: %d", last)
	}
	if status, text := send(knows, doorPassword, strings.NewReader("SELECT 1")); text != "1\n" {
		t.Errorf("whoever knew the password meanwhile: %d %s", status, text)
	}
	if now := o.store.Engine().PID(); now != pid {
		t.Errorf("the engine was started again: process %d, was %d", now, pid)
	}
	if err := o.store.Conn().Exec(context.Background(), "OPTIMIZE TABLE usage"); err != nil {
		t.Errorf("the writer: %v", err)
	}
}

// hostOf asks by another name of this machine.
func hostOf(address, host string) (int, string) {
	r, err := http.NewRequest(http.MethodGet, "http://"+address+"/ping", nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	answer.Body.Close()
	return answer.StatusCode, ""
}

// The end of the program ends what runs.
func TestDoorEndsWithTheProgram(t *testing.T) {
	o := openDoor(t)
	answered := make(chan string, 1)
	go func() {
		status, code, _ := o.ask("", endless)
		answered <- fmt.Sprint(status, code)
	}()
	o.awaitRunning(1)
	if err := o.end(); err != nil {
		t.Fatal(err)
	}
	<-answered
	o.awaitRunning(0)
	if _, err := net.Dial("tcp", o.address); err == nil {
		t.Error("it still listens")
	}
}

// A server has a port of its own, and a password must be long.
func TestDoorIsForEmbeddedStores(t *testing.T) {
	s := serverStore(t, "door")
	if _, err := s.Door(context.Background(), sqldoor.Options{Password: doorPassword, Limits: doorLimits}); err == nil || !strings.Contains(err.Error(), "is a server") {
		t.Errorf("a server: %v", err)
	}
	if _, err := needStore(t).Door(context.Background(), sqldoor.Options{Password: "short", Limits: doorLimits}); err == nil || !strings.Contains(err.Error(), "at least") {
		t.Errorf("a short password: %v", err)
	}
}
