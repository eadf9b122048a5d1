package web_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
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

// sceneAddresses serves the page on each of the sample's stores while the test runs.
func sceneAddresses(t *testing.T) string {
	addresses := map[string]string{}
	for name, store := range pagesample.Scenes() {
		addresses[name] = pageAddress(t, store)
	}
	text, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pageAddress serves the page on one of the sample's stores while the test runs.
func pageAddress(t *testing.T, store pagesample.Store) string {
	handler, err := serve.New(serve.Options{Store: store, Events: store.Catalogue(), Version: "test", Log: slog.New(slog.DiscardHandler), Hours: store.UseByHour,
		Overview: func(ctx context.Context) (account.Overview, error) {
			return study.Overview(ctx, store, study.Options{Config: spike.DefaultConfig(), Catalogue: store.Catalogue()})
		},
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
	saved := t.TempDir()
	command.Env = append(os.Environ(), "BANSHIFT_SAVED="+saved, "BANSHIFT_REPORT="+reportFile(t), "BANSHIFT_PAGE="+pageAddress(t, pagesample.Store{}), "BANSHIFT_SCENES="+sceneAddresses(t), "CHROMIUM="+browser())
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
	t.Run("the saved Parquet is read", func(t *testing.T) { sameTable(t, filepath.Join(saved, "use.parquet"), filepath.Join(saved, "use.csv")) })
	if len(results) == 0 {
		t.Errorf("no browser test ran:\n%s", out)
	}
}

// sameTable reads a Parquet file that the page made, and compares every value with its CSV.
func sameTable(t *testing.T, parquetPath, csvPath string) {
	text, err := os.Open(csvPath)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := file.OpenParquetFile(parquetPath, false)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if caption := reader.MetaData().KeyValueMetadata().FindValue("caption"); caption == nil || *caption == "" {
		t.Error("the file does not say what it is")
	}
	columns, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := columns.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	if int(table.NumRows()) != len(rows)-1 || int(table.NumCols()) != len(rows[0]) {
		t.Fatalf("%d rows of %d columns, want %d of %d", table.NumRows(), table.NumCols(), len(rows)-1, len(rows[0]))
	}
	for i, name := range rows[0] {
		column := table.Column(i)
		if column.Name() != name {
			t.Errorf("column %q, want %q", column.Name(), name)
		}
		values := column.Data().Chunk(0)
		for j, row := range rows[1:] {
			got := ""
			if values.IsValid(j) {
				got = values.ValueStr(j)
			}
			if number, err := strconv.ParseFloat(row[i], 64); err == nil {
				if read, err := strconv.ParseFloat(got, 64); err != nil || read != number {
					t.Fatalf("%s of row %d is %q, want %q", name, j, got, row[i])
				}
			} else if got != row[i] {
				t.Fatalf("%s of row %d is %q, want %q", name, j, got, row[i])
			}
		}
	}
}
