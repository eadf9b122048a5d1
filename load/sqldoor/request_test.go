package sqldoor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fakeEngine answers what a guard asks at its start, and every statement with the words of answer; seen are the
// parameters of its requests.
func fakeEngine(t testing.TB, answer http.HandlerFunc) *Door {
	t.Helper()
	engine := httptest.NewServer(answer)
	t.Cleanup(engine.Close)
	d, err := New(context.Background(), Options{Engine: Engine{Address: engine.URL + "/", Password: "of the engine"}, Password: password, Limits: Limits{Seconds: 5, Rows: 100, Megabytes: 10, Statements: 2}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a program sends becomes a question with the door's limits, and nothing else of it reaches the engine.
func TestRead(t *testing.T) {
	d := fakeEngine(t, func(http.ResponseWriter, *http.Request) {})
	read := func(method, address, body string, header ...string) (question, error) {
		r := httptest.NewRequest(method, "http://127.0.0.1"+address, strings.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return d.read(httptest.NewRecorder(), r)
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT {a:String}\r\n--b\r\nContent-Disposition: form-data; name=\"param_a\"\r\n\r\nx\r\n--b--\r\n"
	for _, c := range []struct{ name, method, address, body, sql, how, params string }{
		{"a body", "POST", "/", "SELECT 1 ;\n", "SELECT 1", "", ""},
		{"an address", "GET", "/?query=SELECT+1", "", "SELECT 1", "", ""},
		{"both", "POST", "/?query=SELECT+1", "FORMAT CSV", "SELECT 1\nFORMAT CSV", "", ""},
		{"parameters", "POST", "/?param_a=1&session_id=x&database=banshift&default_format=CSV", "SELECT 1", "SELECT 1", "default_format=CSV", "param_a=1"},
		{"a smaller limit", "POST", "/?max_result_rows=5&max_execution_time=9", "SELECT 1", "SELECT 1", "max_result_rows=5", ""},
		{"a form", "POST", "/", form, "SELECT {a:String}", "", "param_a=x"},
	} {
		kind := "text/plain"
		if c.name == "a form" {
			kind = "multipart/form-data; boundary=b"
		}
		q, err := read(c.method, c.address, c.body, "Content-Type", kind)
		if err != nil || q.sql != c.sql || q.params.Encode() != c.params {
			t.Errorf("%s: %q %v, %v", c.name, q.sql, q.params, err)
			continue
		}
		want := "max_execution_time=5&max_memory_usage=10485760&max_memory_usage_for_user=10485760&max_result_bytes=10485760&max_result_rows=100&max_threads=" + q.how.Get("max_threads")
		if strings.HasPrefix(c.how, "max_result_rows") {
			want = strings.Replace(want, "max_result_rows=100", c.how, 1)
		} else if c.how != "" {
			want = c.how + "&" + want
		}
		if q.how.Encode() != want {
			t.Errorf("%s: %s, want %s", c.name, q.how.Encode(), want)
		}
	}
	for address, code := range map[string]int{"/?database=other": unknownDatabase, "/?format_schema=x": unknownSetting, "/?readonly=0&profile=default": unknownSetting, "/?a=%zz": badArguments} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader("SELECT 1"))
		_, r.URL.RawQuery, _ = strings.Cut(address, "?")
		if _, err := d.read(httptest.NewRecorder(), r); exceptionOf(err).Code != code {
			t.Errorf("%s: %v", address, err)
		}
	}
	for method, want := range map[string]int{"PUT": 405, "DELETE": 405, "OPTIONS": 405} {
		if _, err := read(method, "/", "SELECT 1"); exceptionOf(err).Status != want {
			t.Errorf("%s: %v", method, err)
		}
	}
	if _, err := read("POST", "/", "SELECT 1", "Content-Encoding", "br"); exceptionOf(err).Status != 415 {
		t.Errorf("brotli: %v", err)
	}
	file := strings.Replace(form, `name="param_a"`, `name="t"; filename="t"`, 1)
	if _, err := read("POST", "/", file, "Content-Type", "multipart/form-data; boundary=b"); exceptionOf(err).Status != 403 {
		t.Errorf("a table with a statement: %v", err)
	}
}

// An answer that breaks off does so for whoever asked, too, and is no whole answer.
func TestBrokenAnswerBreaksOff(t *testing.T) {
	d := fakeEngine(t, func(w http.ResponseWriter, r *http.Request) {
		sql, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-ClickHouse-Key") != "of the engine" {
			t.Errorf("the engine saw the key %q", r.Header.Get("X-ClickHouse-Key"))
		}
		if !strings.HasPrefix(string(sql), "SHOW TABLES") {
			return
		}
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "the beginning")
	})
	door := httptest.NewServer(d)
	defer door.Close()
	r, err := http.NewRequest(http.MethodPost, door.URL, strings.NewReader("SHOW TABLES"))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(User, password)
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
	}
	if err == nil {
		t.Error("it was whole")
	}
	if a := d.Account(); a.Failed != 1 || a.Answered != 0 {
		t.Errorf("it counts %+v", a)
	}
}

// More statements than may run at once wait; who is gone meanwhile is not waited for.
func TestTurns(t *testing.T) {
	d := fakeEngine(t, func(http.ResponseWriter, *http.Request) {})
	var leaves []func()
	for range 2 {
		leave, err := d.turn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.turn(gone); err == nil {
		t.Error("a third ran")
	}
	next := make(chan error, 1)
	go func() { _, err := d.turn(context.Background()); next <- err }()
	leaves[0]()
	if err := <-next; err != nil {
		t.Error(err)
	}
}

func TestAccount(t *testing.T) {
	var c counts
	for _, o := range []outcome{answered, failed, broken, refused, stopped} {
		c.add(o, time.Second)
	}
	if got := (&Door{counts: counts{}}).Account(); got != (Account{}) {
		t.Errorf("nothing: %+v", got)
	}
	if c.answered.Load() != 1 || c.failed.Load() != 2 || c.refused.Load() != 1 || c.stopped.Load() != 1 || c.nanoseconds.Load() != 5e9 {
		t.Error("the counts are not those of the outcomes")
	}
}

// Whatever comes, it becomes a question with the door's limits or an exception of ClickHouse's form.
func FuzzRead(f *testing.F) {
	d := fakeEngine(f, func(http.ResponseWriter, *http.Request) {})
	f.Add("query=SELECT+1&max_threads=99", "text/plain", "", []byte("SELECT 1"))
	f.Add("", "multipart/form-data; boundary=b", "", []byte("--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nx\r\n--b--\r\n"))
	f.Add("", "", "gzip", []byte{0x1f, 0x8b, 8})
	f.Fuzz(func(t *testing.T, query, kind, encoding string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", bytes.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Content-Encoding", encoding)
		q, err := d.read(httptest.NewRecorder(), r)
		if err != nil {
			if e := exceptionOf(err); e.Status < 400 || e.Code == 0 || !strings.HasPrefix(e.Error(), "Code: ") {
				t.Errorf("%+v", e)
			}
			return
		}
		if q.how.Get("max_execution_time") > "5" || len(q.sql) > 2*mostStatement || q.how.Has("readonly") || q.how.Has("user") || q.how.Has("profile") {
			t.Errorf("%q %v", q.sql, q.how)
		}
	})
}
