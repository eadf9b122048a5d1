package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCalibrateOnASeries measures on a file of the user's, which is quiet enough for every doubling to be found.
func TestCalibrateOnASeries(t *testing.T) {
	dir := t.TempDir()
	path, few, out := filepath.Join(dir, "use.csv"), filepath.Join(dir, "few.csv"), filepath.Join(dir, "curve.md")
	writeSeries(t, path, 500)
	var text strings.Builder
	text.WriteString("date,country,value\n")
	for d := range 150 {
		fmt.Fprintf(&text, "%s,xa,20\n", time.Date(2018, 1, 1+d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	if err := os.WriteFile(few, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := runCommand(t, "calibrate", "--series", path, "--step", "30", "--out", out)
	if code != exitDone || !strings.Contains(errOut, `"about":"`) || !strings.Contains(errOut, `"questions":`) {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var falsely, quarter float64
	var double, short string
	for line := range strings.Lines(string(page)) {
		if rest, ok := strings.CutPrefix(line, "| 3 (standard) |"); ok {
			cells := strings.Split(rest, "|")
			fmt.Sscan(cells[0], &falsely)
			fmt.Sscan(cells[1], &quarter)
			double, short = strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])
		}
	}
	if falsely > 1 || double != "100 %" || short != "100 %" || quarter < 50 {
		t.Errorf("falsely %g, doubled %s and %s, a quarter %g in\n%s", falsely, double, short, quarter, page)
	}
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"a country needs 50 users a day", exitFailed, []string{"--series", few}},
		{"no such file", exitFailed, []string{"--series", filepath.Join(dir, "none.csv")}},
		{"positive number", exitMisused, []string{"--series", path, "--step", "0"}},
		{"positive number", exitMisused, []string{"--runs", "0"}},
	} {
		if code, _, errOut := runCommand(t, append([]string{"calibrate"}, c.args...)...); code != c.code || !strings.Contains(errOut, c.want) {
			t.Errorf("%v: exit %d: %s", c.args, code, errOut)
		}
	}
}
