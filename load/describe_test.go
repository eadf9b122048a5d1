package load_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/release/policy"
)

// TestParquetSaysWhatItIs reads the metadata and every row of what query and export write.
func TestParquetSaysWhatItIs(t *testing.T) {
	s := serverStore(t, "described")
	fill(t, s)
	dir := t.TempDir()
	params := map[string]string{"country": "ru"}
	result, err := s.Result(context.Background(), "daily_series", params)
	if err != nil {
		t.Fatal(err)
	}
	released, err := policy.Policy{MinClients: 1}.Apply(result, nil)
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Export(context.Background(), released, dir)
	if err != nil {
		t.Fatal(err)
	}
	exported, err := os.ReadFile(filepath.Join(dir, done.File))
	if err != nil {
		t.Fatal(err)
	}
	var asked bytes.Buffer
	if err := s.Query(context.Background(), "daily_series", params, &asked, load.Parquet); err != nil {
		t.Fatal(err)
	}
	for from, text := range map[string][]byte{"export": exported, "query": asked.Bytes()} {
		r, err := file.NewParquetReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		said := r.MetaData().KeyValueMetadata()
		for key, want := range map[string]string{"query": "daily_series", "first_day": "2018-04-15", "last_day": "2018-04-16", "simulated": "yes", "rows": "2",
			"packs": "first@1.0.0", "parameters": `"country":"ru"`, "program": "banshift", "schema": "", "lists": "", "licence": "not stated", "privacy": map[string]string{"export": "fewer than 1 clients", "query": "not for publication"}[from], "citation": "2018-04-15 to 2018-04-16, simulated", "columns": `"clients":"clients: `} {
			got := said.FindValue("banshift." + key)
			if got == nil || !strings.Contains(*got, want) {
				t.Errorf("%s: %s is %v, want %q in it", from, key, got, want)
			}
		}
		reader, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		table, err := reader.ReadTable(context.Background())
		if err != nil || table.NumRows() != 2 || table.NumCols() != 12 {
			t.Errorf("%s: the rows are not read: %v", from, err)
		}
		table.Release()
	}
}

func TestParquetWithoutRows(t *testing.T) {
	s := serverStore(t, "describednone")
	fill(t, s)
	for _, name := range []string{"daily_series", "batches", "external_series", "versions"} {
		var asked bytes.Buffer
		params := map[string]string{}
		if name == "daily_series" {
			params["country"] = "aq"
		}
		if err := s.Query(context.Background(), name, params, &asked, load.Parquet); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := file.NewParquetReader(bytes.NewReader(asked.Bytes()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.MetaData().KeyValueMetadata().FindValue("banshift.query") == nil {
			t.Errorf("%s says nothing", name)
		}
	}
}
