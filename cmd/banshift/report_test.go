package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web"
)

// seriesFile writes a CSV of several countries in which one rises on a day.
func seriesFile(t *testing.T, rises string, on time.Time) string {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	var text strings.Builder
	text.WriteString("date,country,value\n")
	for _, country := range []string{"ru", "ua", "kz", "by", "de", "fr", "it", "es", "pl", "se", "nl", "us", "jp", "in", "br", "ca", "gb", "au", "za", "at", "be"} {
		for day := on.AddDate(0, 0, -160); day.Before(on.AddDate(0, 0, 40)); day = day.AddDate(0, 0, 1) {
			level := 5000 * math.Exp(.03*random.NormFloat64())
			if country == rises && !day.Before(on) {
				level *= 1.3
			}
			fmt.Fprintf(&text, "%s,%s,%.0f\n", day.Format(time.DateOnly), country, level)
		}
	}
	return write(t, "use.csv", text.String())
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	return putInto(t, t.TempDir())(name, text)
}

// putInto gives what writes files below a directory, in directories of their own if their names say so, and gives their paths.
func putInto(t *testing.T, dir string) func(name, text string) string {
	return func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

const reportEvents = "id,country,target,kind,announced_at,enforced_at,ended_at\nru-x-2018,ru,x,enforce,2018-04-13,2018-04-16,\njp-y-2010,jp,y,enforce,,2010-01-01,\n"

func TestReportOfSeries(t *testing.T) {
	series := seriesFile(t, "ru", time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC))
	catalogue := write(t, "events.csv", reportEvents)
	var out, errOut bytes.Buffer
	if code := run(context.Background(), []string{"report", "ru-x-2018", "--series", series, "--events", catalogue, "--json"}, nil, &out, &errOut); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	var r account.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Headline.Grade != account.Supported || r.Headline.EffectPct < 25 || r.Headline.EffectPct > 35 {
		t.Errorf("%s with %v %%, want a supported rise of 30 %%: %v", r.Headline.Grade, r.Headline.EffectPct, r.Headline.Reasons)
	}
	if r.Simulated || len(r.Provenance.DataHash) != 64 || strings.Contains(r.Provenance.Command, filepath.Dir(series)) {
		t.Errorf("provenance %+v", r.Provenance)
	}

	if _, err := web.Assets(); errors.Is(err, web.ErrNoBundle) {
		t.Skip("the built bundle is absent: run make build")
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if code := run(context.Background(), []string{"report", "ru-x-2018", "--series", series, "--events", catalogue, "--out", path}, nil, &out, &errOut); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte("Use in Russia rose by")) || !strings.Contains(errOut.String(), path) {
		t.Errorf("the page lacks its headline, or its path was not told: %s", errOut.String())
	}
}

func TestReportAsTextAndPDF(t *testing.T) {
	series := seriesFile(t, "ru", time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC))
	catalogue := write(t, "events.csv", reportEvents)
	args := []string{"report", "ru-x-2018", "--series", series, "--events", catalogue}
	var out, errOut bytes.Buffer
	if code := run(context.Background(), append(args, "--format", "md", "--out", "-"), nil, &out, &errOut); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	if !strings.HasPrefix(out.String(), "# X blocked in Russia") || !strings.Contains(out.String(), "**Use in Russia rose by") {
		t.Errorf("%.400s", out.String())
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	browser, missing := findBrowser()
	t.Setenv("PATH", "")
	t.Setenv("CHROMIUM", "")
	if _, err := web.Assets(); errors.Is(err, web.ErrNoBundle) {
		t.Skip("the built bundle is absent: run make build")
	}
	if code := run(context.Background(), append(args, "--format", "pdf", "--out", path), nil, &out, &errOut); code != exitFailed || !strings.Contains(errOut.String(), "CHROMIUM") {
		t.Errorf("without a browser: exit code %d, %s", code, errOut.String())
	}
	if missing != nil {
		t.Skip(missing)
	}
	t.Setenv("CHROMIUM", browser)
	if code := run(context.Background(), append(args, "--format", "pdf", "--out", path), nil, &out, &errOut); code != exitDone {
		t.Fatalf("exit code %d: %s", code, errOut.String())
	}
	pdf, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 20_000 {
		t.Errorf("%d bytes, %v", len(pdf), err)
	}
}

func TestReportSaysWhatIsWrong(t *testing.T) {
	series := seriesFile(t, "", time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC))
	catalogue := write(t, "events.csv", reportEvents)
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"report"}, exitMisused, "accepts 1 arg"},
		{[]string{"report", "nothing"}, exitMisused, `event "nothing" is not in the catalogue`},
		{[]string{"report", "jp-y-2010", "--series", series, "--events", catalogue}, exitFailed, "no data around the event"},
		{[]string{"report", "ru-x-2018", "--series", "absent.csv", "--events", catalogue}, exitFailed, "absent.csv"},
		{[]string{"report", "ru-x-2018", "--events", catalogue}, exitMisused, "no store given"},
		{[]string{"report", "ru-x-2018", "--series", series, "--events", catalogue, "--out", "no/such/place.html"}, exitFailed, "no/such"},
	} {
		var errOut bytes.Buffer
		code := run(context.Background(), test.args, nil, &bytes.Buffer{}, &errOut)
		if strings.Contains(errOut.String(), web.ErrNoBundle.Error()) {
			t.Skip("the built bundle is absent: run make build")
		}
		if code != test.code || !strings.Contains(errOut.String(), test.says) {
			t.Errorf("%v: exit code %d, %q; want %d and %q", test.args, code, errOut.String(), test.code, test.says)
		}
	}
}
