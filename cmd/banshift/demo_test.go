package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDemo runs the demo and reads its table: the ban is supported in Russia with an
// interval that covers the truth, nowhere else, and no silent sensor passes for a drop.
// Then it looks at the report in a browser.
func TestDemo(t *testing.T) {
	needEngine(t)
	if testing.Short() {
		t.Skip("the demo takes half a minute")
	}
	dir := filepath.Join(t.TempDir(), "demo")
	got := execute(t, "", "demo", "--out", dir).must(t)
	if !strings.Contains(got.out, "SIMULATED") {
		t.Error("the table does not say that it is simulated")
	}
	countries := 0
	for _, line := range strings.Split(got.out, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 8 || len(fields[0]) != 2 || !strings.Contains(line, "%") {
			continue
		}
		countries++
		supported := slices.Contains(fields, "supported")
		if supported != (fields[0] == "ru") {
			t.Errorf("wrong grade: %s", line)
		}
		if fields[0] == "ru" && !strings.Contains(line, " yes ") {
			t.Errorf("the interval does not cover the truth: %s", line)
		}
	}
	if countries != 20 {
		t.Errorf("%d countries in the table, want 20:\n%s", countries, got.out)
	}
	if strings.Contains(got.out, "IS CLAIMED") || strings.Count(got.out, "no drop in use is claimed") != 2 {
		t.Errorf("a silent sensor passes for a drop in use:\n%s", got.out)
	}
	if widest := widestLine(got.out[strings.Index(got.out, "COUNTRY"):strings.Index(got.out, "Sensors that")]); widest > usualWidth {
		t.Errorf("the table takes %d columns", widest)
	}
	tutorialShows(t, dir, got)
	execute(t, "", "reconcile", "--store", filepath.Join(dir, "store")).must(t)
	lookAt(t, filepath.Join(dir, "report.html"))
}

// lookAt runs the browser's tests of a report on a file.
func lookAt(t *testing.T, page string) {
	t.Run("report in the browser", func(t *testing.T) {
		node, err := exec.LookPath("node")
		if err != nil {
			t.Skip("node is absent")
		}
		browser := cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")
		for _, needed := range []string{browser, filepath.Join("..", "..", "web", "node_modules", "playwright-core")} {
			if _, err := os.Stat(needed); err != nil {
				t.Skipf("%s is absent: run make build and make browser", filepath.Base(needed))
			}
		}
		cmd := exec.Command(node, "--test", filepath.Join("test", "report.test.mjs"))
		cmd.Dir = filepath.Join("..", "..", "web")
		cmd.Env = append(os.Environ(), "BANSHIFT_REPORT="+page, "CHROMIUM="+browser)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
