package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClientsAreNotGuessedUnasked reads one-way records without home.
func TestClientsAreNotGuessedUnasked(t *testing.T) {
	needEngine(t)
	t.Setenv("BANSHIFT_INGEST_GUESS_CLIENTS", "false")
	store := filepath.Join(t.TempDir(), "store")
	file := write(t, "flows.ndjson", goodLine)
	got := execute(t, "", "run", "--store", store, file)
	if got.code != exitMisused || !strings.Contains(got.errOut, "--guess-clients") || !strings.Contains(got.errOut, "home") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
	guessed := execute(t, "", "run", "--guess-clients", "--store", store, file).must(t)
	if !strings.Contains(guessed.errOut, "in 1 =") {
		t.Errorf("got %s", guessed.errOut)
	}
	config := write(t, "home.yaml", "home: [198.18.0.0/15]\n")
	other := write(t, "more.ndjson", goodLine+goodLine)
	execute(t, "", "run", "--config", config, "--store", store, other).must(t)
}

// TestWhatIsMissingIsSaid runs, asks and has the doctor look without home, networks and lists.
func TestWhatIsMissingIsSaid(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	ran := execute(t, "", "run", "--store", store, write(t, "flows.ndjson", varied(20))).must(t)
	looked := execute(t, "", "doctor", "--store", store)
	for _, setting := range []string{"home", "networks", "lists"} {
		if !strings.Contains(ran.errOut, setting) {
			t.Errorf("run does not say that %s is not set: %s", setting, ran.errOut)
		}
		if !strings.Contains(looked.out, "warn  "+setting) {
			t.Errorf("doctor does not say that %s is not set: %s", setting, looked.out)
		}
	}
	for days, said := range map[int]bool{27: true, 28: false} {
		config := write(t, "short.yaml", fmt.Sprintf("retention: {flows_days: %d}\n", days))
		if got := execute(t, "", "doctor", "--config", config); strings.Contains(got.out, "warn  retention.flows_days") != said {
			t.Errorf("flows kept for %d days: %s", days, got.out)
		}
	}
	for _, output := range []string{"table", "json", "csv"} {
		for param, want := range map[string]string{"country=ru": "no record has a country", "country=RU": "no record has a country", "country=uk": "no country has the code uk"} {
			got := execute(t, "", "query", "use_by_tool_day", "--store", store, "--param", param, "--output", output).must(t)
			if !strings.Contains(got.errOut, want) {
				t.Errorf("%s as %s: %q does not say %q", param, output, got.errOut, want)
			}
		}
	}
	if got := execute(t, "", "query", "use_by_tool_day", "--store", store, "--param", "country=RUS"); got.code != exitMisused || !strings.Contains(got.errOut, "RUS") {
		t.Errorf("RUS: exit code %d: %s", got.code, got.errOut)
	}
	if got := execute(t, "", "query", "daily_series", "--store", store, "--param", "tool=nonsense").must(t); !strings.Contains(got.errOut, "no rows") && !strings.Contains(got.errOut, `recognised as the tool "nonsense"`) {
		t.Errorf("a tool that is none: %q", got.errOut)
	}
	if got := execute(t, "", "query", "sources", "--store", store).must(t); strings.Contains(got.errOut, "no rows") {
		t.Errorf("an answer with rows is called empty: %s", got.errOut)
	}
}

// TestHalvesAreCounted reads records of which most have no other direction.
func TestHalvesAreCounted(t *testing.T) {
	needEngine(t)
	got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), write(t, "flows.ndjson", varied(50))).must(t)
	if !strings.Contains(got.errOut, "50 without their other direction") || !strings.Contains(got.errOut, "did not meet their other direction") {
		t.Errorf("got %s", got.errOut)
	}
}

// TestTypoInATopicsFormat must name the formats before a broker is asked.
func TestTypoInATopicsFormat(t *testing.T) {
	for _, format := range []string{"goflow2-jsn", "parquet"} {
		got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), "kafka://127.0.0.1:1/flows?format="+format)
		if got.code != exitMisused || !strings.Contains(got.errOut, format) {
			t.Errorf("%s: exit code %d: %s", format, got.code, got.errOut)
		}
	}
	if got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), "kafka://127.0.0.1:1/flows?format=x"); !strings.Contains(got.errOut, "goflow2-json") {
		t.Errorf("the formats are not named: %s", got.errOut)
	}
}

// TestAgainReadsWhatWasRejected mends the cause of rejects, here the clock, and reads again.
func TestAgainReadsWhatWasRejected(t *testing.T) {
	needEngine(t)
	store := filepath.Join(t.TempDir(), "store")
	var b strings.Builder
	for i := range 30 {
		line := strings.Replace(goodLine, `"src_port":40000`, fmt.Sprintf(`"src_port":%d`, 40000+i), 1)
		if i%3 == 0 { // ahead of every clock that runs now, but not of a patient one
			line = strings.NewReplacer("15238368", "40238368").Replace(line)
		}
		b.WriteString(line)
	}
	file := write(t, "flows.ndjson", b.String())
	first := execute(t, "", "run", "--store", store, file).must(t)
	if !strings.Contains(first.errOut, "in 30 = stored 0 + folded 20 + rejected 10") {
		t.Fatalf("got %s", first.errOut)
	}
	t.Setenv("BANSHIFT_INGEST_FUTURE_SECONDS", "9000000000")
	second := execute(t, "", "run", "--again", "--store", store, file).must(t)
	if !strings.Contains(second.errOut, "in 10 =") || !strings.Contains(second.errOut, "rejected 0") {
		t.Errorf("got %s", second.errOut)
	}
	third := execute(t, "", "run", "--again", "--store", store, file).must(t)
	if !strings.Contains(third.errOut, "in 0 =") {
		t.Errorf("what was read again is read once more: %s", third.errOut)
	}
	rows := execute(t, "", "sql", "--store", store, "--output", "csv", "SELECT sum(records) FROM usage").must(t)
	if !strings.Contains(rows.out, "30") {
		t.Errorf("%s records in usage, want 30", rows.out)
	}
	execute(t, "", "reconcile", "--store", store).must(t)
}

// TestPrintedConfigurationReadsBack prints a configuration with everything that is nested.
func TestPrintedConfigurationReadsBack(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "a.csv")
	config := write(t, "banshift.yaml", "store: ./s\nhome: [198.18.0.0/15]\nlists:\n- path: "+list+"\n  kind: vpn\n  as_of: 2018-04-16\n  valid_from: 2018-01-01\nnetworks:\n- path: "+list+"\n  format: csv\nkafka:\n  password: secret\nsmtp:\n  password: secret\nsql:\n  password: secret-of-dashboards\nsubscriptions:\n- name: desk\n  networks: [64500]\n  webhook: https://example.org/secret\nsubstitutes:\n  telegram: tamtam\n")
	first := execute(t, "", "config", "print", "--config", config).must(t)
	if strings.Contains(first.out, "secret") || !strings.Contains(first.out, "2018-04-16") || !strings.Contains(first.out, "as_of") {
		t.Errorf("printed %s", first.out)
	}
	second := execute(t, "", "config", "print", "--config", write(t, "printed.yaml", first.out)).must(t)
	if strings.ReplaceAll(second.out, `password: ""`, "password: "+hiddenSecret) != first.out {
		t.Errorf("printed again as\n%s\nwas\n%s", second.out, first.out)
	}
}

// TestStrayVariablesAreNamed sets a variable that is no setting.
func TestStrayVariablesAreNamed(t *testing.T) {
	t.Setenv("BANSHIFT_INGEST_WORKER", "3")
	t.Setenv("BANSHIFT_INGEST_WORKERS", "3")
	got := execute(t, "", "version").must(t)
	if !strings.Contains(got.errOut, `"BANSHIFT_INGEST_WORKER"`) || strings.Contains(got.errOut, `"BANSHIFT_INGEST_WORKERS"`) {
		t.Errorf("got %s", got.errOut)
	}
}

func TestVersionFlag(t *testing.T) {
	if got := execute(t, "", "--version").must(t); !strings.Contains(got.out, programVersion()) {
		t.Errorf("got %q", got.out)
	}
}

// TestKeyThatLeadsNowhere names what is wrong instead of trying for ever.
func TestKeyThatLeadsNowhere(t *testing.T) {
	link := filepath.Join(t.TempDir(), "master.key")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", link)
	got := execute(t, "", "run", "--store", filepath.Join(t.TempDir(), "store"), write(t, "flows.ndjson", goodLine))
	if got.code != exitFailed || !strings.Contains(got.errOut, "symbolic link") {
		t.Errorf("exit code %d: %s", got.code, got.errOut)
	}
}
