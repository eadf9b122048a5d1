package monitor

import (
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// exposed gives metrics as they are served.
func exposed(t *testing.T, r *prometheus.Registry) []byte {
	t.Helper()
	answer := httptest.NewRecorder()
	request := httptest.NewRequest("GET", "http://127.0.0.1/metrics", nil)
	Handler(NewBoard(time.Now, nil), r).ServeHTTP(answer, request)
	if answer.Code != 200 {
		t.Fatalf("%d: %s", answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

// Every metric of the reference is served, of its kind, and named as Prometheus asks for.
func TestMetricsAreThoseOfTheReference(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	clock := func() time.Time { return now }
	b := NewBoard(clock, func(text string) string { return text })
	_, done := b.Stage("store").Work()
	done(nil)
	text := string(exposed(t, NewRegistry(b, Sources{
		Version:   "v1",
		Records:   func() Records { return Records{Stored: 1, Newest: now, Reasons: map[string]int64{"no time": 2}} },
		Lags:      func() []Lag { return []Lag{{"flows", 0, 5, time.Second}} },
		Passed:    func() []Passed { return []Passed{{"flows", 1, 2}} },
		Retries:   func() int64 { return 3 },
		Disk:      func() (Disk, float64, bool) { return Disk{1, 2, 3, 4}, 5, true },
		Lists:     func() map[string]time.Time { return map[string]time.Time{"tor": now} },
		SQL:       func() (SQL, bool) { return SQL{Refused: 1}, true },
		OldestKey: func() (time.Time, bool) { return now, true },
	})))
	for _, m := range Metrics {
		if !strings.Contains(text, "# TYPE "+m.Name+" "+m.Kind+"\n") {
			t.Errorf("%s is not served as a %s", m.Name, m.Kind)
		}
	}
	for _, want := range []string{`banshift_stage_work_seconds_count{stage="store"} 1`, `banshift_kafka_lag_records{partition="0",topic="flows"} 5`, `banshift_rejected_records_total{reason="no time"} 2`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is not there", want)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

// The alerts ask for metrics that there are, by labels that these have.
func TestAlertsAskForMetricsThatThereAre(t *testing.T) {
	rules, err := os.ReadFile("../deploy/prometheus/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`banshift_[a-z_]+`).FindAllString(string(rules), -1)
	if len(asked) < 10 {
		t.Errorf("the rules name %d metrics", len(asked))
	}
	for _, name := range asked {
		if !slices.ContainsFunc(Metrics, func(m Metric) bool { return m.Name == name }) {
			t.Errorf("there is no metric %s", name)
		}
	}
}

// A page of another site reaches this machine by a name of its own: it gets nothing.
func TestOtherNamesAreRefused(t *testing.T) {
	h := Handler(NewBoard(time.Now, nil), prometheus.NewRegistry())
	for host, want := range map[string]int{"127.0.0.1:9464": 200, "localhost": 200, "[::1]:9464": 200, "unix": 200, "evil.example": 403, "192.0.2.1": 403} {
		answer, request := httptest.NewRecorder(), httptest.NewRequest("GET", "/readyz", nil)
		request.Host = host
		if h.ServeHTTP(answer, request); answer.Code != want {
			t.Errorf("%s: %d, want %d", host, answer.Code, want)
		}
	}
}
