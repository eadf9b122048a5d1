package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/transform/spike"
)

// writeSeries makes a CSV of 12 countries over 200 days in which xa rises by half from the
// given day on.
func writeSeries(t *testing.T, path string, rise int) {
	t.Helper()
	var text strings.Builder
	text.WriteString("date,country,value\n")
	start := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	for c := range 12 {
		for d := range 200 {
			v := 1000 * math.Exp(.1*math.Sin(float64(d)*6.28/7)+.03*math.Sin(float64(d*(c+3))*1.7))
			if c == 0 && d >= rise {
				v *= 1.5
			}
			fmt.Fprintf(&text, "%s,x%c,%.0f\n", start.AddDate(0, 0, d).Format(time.DateOnly), 'a'+c, v)
		}
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func runCommand(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestAnalyzeAndReplay(t *testing.T) {
	dir := t.TempDir()
	series, bans, saved := filepath.Join(dir, "use.csv"), filepath.Join(dir, "bans.csv"), filepath.Join(dir, "result.json")
	writeSeries(t, series, 150)
	if err := os.WriteFile(bans, []byte("id,country,target,kind,announced_at,enforced_at,ended_at\nxa-ban,xa,Messenger,enforce,,2018-05-31,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := runCommand(t, "analyze", "--series", series, "--events", bans, "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var result spike.Result
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Effects) != 12 || len(result.Alarms) != 1 || result.Alarms[0].Country != "xa" {
		t.Errorf("%d effects, alarms %+v", len(result.Effects), result.Alarms)
	}
	for _, e := range result.Effects {
		if want := map[bool]spike.Grade{true: spike.Supported, false: spike.NotSupported}[e.Country == "xa"]; e.Grade != want {
			t.Errorf("%s: %s %q, want %s", e.Country, e.Grade, e.Reasons, want)
		}
	}
	if err := os.WriteFile(saved, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, again, errOut := runCommand(t, "analyze", "--replay", saved); code != exitDone || again != out {
		t.Errorf("replay: exit %d, same bytes %v: %s", code, again == out, errOut)
	}
	interest := filepath.Join(dir, "interest.csv")
	writeSeries(t, interest, 160)
	code, with, errOut := runCommand(t, "analyze", "--series", series, "--events", bans, "--evidence", "csv="+interest, "--json")
	if code != exitDone || !strings.Contains(with, `"demand`) || !strings.Contains(with, "csv interest") {
		t.Errorf("evidence: exit %d: %s", code, errOut)
	}
	if err := os.WriteFile(saved+".evidence", []byte(with), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, again, errOut := runCommand(t, "analyze", "--replay", saved+".evidence"); code != exitDone || again != with {
		t.Errorf("replay with evidence: exit %d, same bytes %v: %s", code, again == with, errOut)
	}
	t.Setenv("COLUMNS", "80")
	code, table, errOut := runCommand(t, "analyze", "--series", series, "--events", bans)
	table, _, _ = strings.Cut(table, "\n\n") // reasons are sentences
	if code != exitDone || widestLine(table) > 80 || !strings.Contains(table, "xa-ban") || !strings.Contains(table, "supported") || !strings.Contains(errOut, "--wide") {
		t.Errorf("analyze in 80 columns: exit %d\n%s%s", code, table, errOut)
	}
	if code, wide, _ := runCommand(t, "analyze", "--series", series, "--events", bans, "--wide"); code != exitDone || !strings.Contains(wide, "PLACES") {
		t.Errorf("analyze --wide: exit %d\n%s", code, wide)
	}
	if code, out, _ := runCommand(t, "spikes", "--series", series, "--events", bans); code != exitDone || !strings.Contains(out, "xa-ban (+0 d)") {
		t.Errorf("spikes: exit %d: %s", code, out)
	}
	if code, out, _ := runCommand(t, "spikes", "--series", series, "--events", bans, "--country", "XA"); code != exitDone || !strings.Contains(out, "xa-ban") {
		t.Errorf("spikes of a country in capitals: exit %d: %s", code, out)
	}
	if code, out, errOut := runCommand(t, "spikes", "--series", series, "--events", bans, "--country", "zz"); code != exitDone || out != "" || !strings.Contains(errOut, "no series is of zz; there are series of xa") {
		t.Errorf("spikes of a country that is not there: exit %d: %s%s", code, out, errOut)
	}
	if code, _, errOut := runCommand(t, "spikes", "--series", series, "--country", "xax"); code != exitMisused || !strings.Contains(errOut, "two letters") {
		t.Errorf("spikes of no country: exit %d: %s", code, errOut)
	}
	writeSeries(t, series, 151)
	if code, _, errOut := runCommand(t, "analyze", "--replay", saved); code != exitFailed || !strings.Contains(errOut, "are not those of the result") {
		t.Errorf("changed data: exit %d: %s", code, errOut)
	}
}

// TestHolidays gives the country a holiday in the ban's week: the weeks without one are no longer
// comparable, and too few are left.
func TestHolidays(t *testing.T) {
	dir := t.TempDir()
	series, bans, config := filepath.Join(dir, "use.csv"), filepath.Join(dir, "bans.csv"), filepath.Join(dir, "banshift.yaml")
	writeSeries(t, series, 150)
	for path, text := range map[string]string{
		bans:                               "id,country,target,kind,announced_at,enforced_at,ended_at\nxa-ban,xa,Messenger,enforce,,2018-05-31,\n",
		filepath.Join(dir, "holidays.csv"): "country,date,name\nXA,2018-06-01,a day\n",
		filepath.Join(dir, "wrong.csv"):    "country,date\nxa,1.6.2018\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{"holidays.csv": `"2018-06-01T00:00:00Z"`, "wrong.csv": "want YYYY-MM-DD", "none.csv": "no such file"} {
		if err := os.WriteFile(config, []byte("analysis: {holidays: ["+file+"]}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := runCommand(t, "--config", config, "analyze", "--series", series, "--events", bans, "--json")
		if (code == exitDone) != (file == "holidays.csv") || !strings.Contains(out+errOut, want) {
			t.Errorf("%s: exit %d, %s; want %q", file, code, errOut, want)
		}
		if file == "holidays.csv" && strings.Contains(out, `"grade": "supported"`) {
			t.Error("supported without a comparable week")
		}
	}
}

func TestAnalyzeRefuses(t *testing.T) {
	dir := t.TempDir()
	series := filepath.Join(dir, "use.csv")
	writeSeries(t, series, 150)
	wrong := filepath.Join(dir, "wrong.csv")
	if err := os.WriteFile(wrong, []byte("id,country,kind,enforced_at\na,ru,enforce,16.4.2018\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"missing file": {[]string{"analyze", "--series", filepath.Join(dir, "none.csv")}, exitFailed, "no such file"},
		"format":       {[]string{"analyze", "--series", series, "--series-format", "xls"}, exitFailed, "want one of"},
		"wrong format": {[]string{"analyze", "--series", series, "--series-format", "tor-userstats"}, exitFailed, `no column "users"`},
		"events":       {[]string{"analyze", "--series", series, "--events", wrong}, exitFailed, "want YYYY-MM-DD"},
		"evidence":     {[]string{"analyze", "--series", series, "--evidence", wrong}, exitMisused, "FORMAT=FILE"},
		"placebo":      {[]string{"analyze", "--series", series, "--placebo", "after"}, exitMisused, "want \"before\" or \"both\""},
		"replay":       {[]string{"analyze", "--replay", series}, exitMisused, "is not a result"},
		"no store":     {[]string{"analyze"}, exitMisused, "--store"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, _, errOut := runCommand(t, c.args...); code != c.code || !strings.Contains(errOut, c.want) {
				t.Errorf("exit %d, want %d; %q, want %q in it", code, c.code, errOut, c.want)
			}
		})
	}
}

func TestEventsCommands(t *testing.T) {
	if code, out, errOut := runCommand(t, "events", "check"); code != exitDone || !strings.Contains(out, "no problem found") {
		t.Errorf("check: exit %d: %s%s", code, out, errOut)
	}
	if code, out, _ := runCommand(t, "events", "list", "--country", "ru"); code != exitDone || !strings.Contains(out, "ru-telegram-2018-enforcement") || strings.Contains(out, "ir-") {
		t.Errorf("list: exit %d: %s", code, out)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("events:\n- {id: xx-a, country: xx}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runCommand(t, "events", "check", bad); code != exitFailed || !strings.Contains(errOut, "bad.yaml") {
		t.Errorf("bad: exit %d: %s", code, errOut)
	}
}

// TestAnalyzeByTheHour asks a ban of five hours in a series by the hour: the day's mean hardly moves, the hours do; report and
// study say it too, and the result can be made again.
func TestAnalyzeByTheHour(t *testing.T) {
	dir := t.TempDir()
	series, bans, saved := filepath.Join(dir, "hours.csv"), filepath.Join(dir, "bans.csv"), filepath.Join(dir, "result.json")
	random := rand.New(rand.NewPCG(4, 4))
	var text strings.Builder
	text.WriteString("date,country,value\n")
	for c := range 8 {
		for h := range 24 * 150 {
			v := 300 * math.Exp(.6*math.Sin(2*math.Pi*float64(h+c)/24)+.06*random.NormFloat64())
			if c == 0 && h >= 24*140+15 && h < 24*140+20 {
				v *= 3
			}
			fmt.Fprintf(&text, "%s,x%c,%.0f\n", time.Date(2018, 1, 1, h, 0, 0, 0, time.UTC).Format("2006-01-02T15"), 'a'+c, v)
		}
	}
	for path, content := range map[string]string{series: text.String(),
		bans: "id,country,target,kind,announced_at,enforced_at,ended_at\nxa-ban,xa,Messenger,enforce,,2018-05-21T15:00,2018-05-21T20:00\n"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	from := []string{"--series", series, "--events", bans, "--resolution", "hour"}
	code, out, errOut := runCommand(t, append([]string{"analyze", "--json"}, from...)...)
	var result spike.Result
	if err := json.Unmarshal([]byte(out), &result); code != exitDone || err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, errOut)
	}
	h := result.Effects[0].Hours
	if h == nil || h.Grade != spike.Supported || h.Onset != "2018-05-21T15:00:00Z" || h.WindowHours != 3 || *h.BeganHours != 0 || !(*h.CILow < 200 && 200 < *h.CIHigh) {
		t.Fatalf("by the hour %+v, want +200 %% of 3 hours from 15:00, supported", h)
	}
	if err := os.WriteFile(saved, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, again, errOut := runCommand(t, "analyze", "--replay", saved); code != exitDone || again != out {
		t.Errorf("replay: exit %d: %s", code, errOut)
	}
	for _, args := range [][]string{{"analyze"}, {"report", "xa-ban", "--format", "md", "--out", "-"}} {
		if code, out, errOut := runCommand(t, append(args, from...)...); code != exitDone || !strings.Contains(out, "from 2018-05-21 15:00 UTC on") {
			t.Errorf("%s: exit %d, %s; want the hours: %s", args[0], code, errOut, out)
		}
	}
	if _, out, _ := runCommand(t, append([]string{"analyze"}, from...)...); !strings.Contains(out, "\nxa-ban by the hour  ") {
		t.Errorf("the table has no row by the hour: %s", out)
	}
	if code, out, errOut := runCommand(t, "study", bans, "--series", series, "--resolution", "hour", "--json"); code != exitDone || !strings.Contains(out, `"by_hour": "by the hour use changed by`) {
		t.Errorf("study: exit %d, %s: %s", code, errOut, out)
	}
	if code, _, errOut := runCommand(t, append([]string{"analyze", "--window", "5"}, from...)...); code != exitMisused || !strings.Contains(errOut, "hours") {
		t.Errorf("a window of 5 hours: exit %d, %s", code, errOut)
	}
	if code, _, errOut := runCommand(t, "analyze", "--series", series, "--events", bans, "--resolution", "minute"); code != exitMisused || !strings.Contains(errOut, "day or hour") {
		t.Errorf("by the minute: exit %d, %s", code, errOut)
	}
}
