package web_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web"
	"github.com/banshift/banshift/web/report"
	"github.com/banshift/banshift/web/report/sample"
	"github.com/banshift/banshift/web/serve"
	pagesample "github.com/banshift/banshift/web/serve/sample"
)

// result is one line of the TAP that node's runner writes for a test inside a suite.
var result = regexp.MustCompile(`(?m)^ {4}(ok|not ok) \d+ - (.*?)(?: # (SKIP.*))?$`)

// browser is where the tests look for Chromium.
func browser() string { return cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium") }

func scripts(t *testing.T, pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal("no browser tests in test/", err)
	}
	return paths
}

// reportFile is BANSHIFT_REPORT, or the sample, rendered into a file of the test.
func reportFile(t *testing.T) string {
	if path := os.Getenv("BANSHIFT_REPORT"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "sample.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := report.Render(file, sample.Report(1), ""); err != nil {
		t.Fatal(err)
	}
	return path
}

// pageAddress serves the page on the sample's store while the test runs.
func pageAddress(t *testing.T) string {
	handler, err := serve.New(serve.Options{Store: pagesample.Store{}, Events: pagesample.Events(), Version: "test", Log: slog.New(slog.DiscardHandler),
		Report: func(context.Context, events.Event) (account.Report, error) { return sample.Report(1), nil }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// TestInBrowser runs the tests of test/ with node, each as a test of its own. Its
// report is BANSHIFT_REPORT, or the sample; its browser is CHROMIUM.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes half a minute")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("browser tests: node is absent")
	}
	if _, err := os.Stat("node_modules/playwright-core"); err != nil {
		t.Skip("browser tests: node's packages are absent: run make build")
	}
	if _, err := os.Stat(browser()); err != nil {
		t.Skipf("browser tests: no browser at %s: set CHROMIUM", browser())
	}
	for _, script := range scripts(t, "test/*.mjs") { // read, so that a cached result does not outlive them
		if _, err := os.ReadFile(script); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := web.Assets(); errors.Is(err, web.ErrNoBundle) {
		t.Skip("browser tests: the built bundle is absent: run make build")
	}
	arguments := append([]string{"--test", "--test-reporter=tap"}, scripts(t, "test/*.test.mjs")...)
	command := exec.Command(node, arguments...)
	command.Env = append(os.Environ(), "BANSHIFT_REPORT="+reportFile(t), "BANSHIFT_PAGE="+pageAddress(t), "CHROMIUM="+browser())
	out, err := command.CombinedOutput()
	results := result.FindAllSubmatch(out, -1)
	failed := false
	for _, r := range results {
		t.Run(string(r[2]), func(t *testing.T) {
			if skipped := string(bytes.TrimSpace(r[3])); skipped != "" {
				t.Skip(skipped)
			}
			if string(r[1]) != "ok" {
				failed = true
				t.Fail()
			}
		})
	}
	if err != nil || failed {
		t.Errorf("node --test: %v\n%s", err, out)
	}
	if len(results) == 0 {
		t.Errorf("no browser test ran:\n%s", out)
	}
}
