package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRepairForgetsTokensWithoutRows(t *testing.T) {
	data := t.TempDir()
	table := filepath.Join(data, "store", "30a", "30a69faf-6a50-42da-857f-1b3aa60b6454")
	for _, dir := range []string{"201804_1_1_1", "201804_2_5_2_7", "tmp_insert_201804_6_6_0", "detached/201804_7_7_0", "deduplication_logs"} {
		if err := os.MkdirAll(filepath.Join(table, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	lines := []string{
		"1\t201804_1_1_1\tthere",
		"1\t201804_3_3_0\tmerged",
		"1\t201805_3_3_0\tother partition", // lost
		"1\t201804_6_6_0\tnot committed",   // lost
		"1\t201804_7_7_0\tdetached",        // lost
		"2\t201804_8_8_0\tforgotten before",
	}
	log := filepath.Join(table, "deduplication_logs", "deduplication_log_1.txt")
	if err := os.WriteFile(log, []byte(strings.Join(lines, "\n")+"\n1\t2018"), 0o600); err != nil {
		t.Fatal(err)
	}
	for run, want := range []int{4, 0} {
		n, err := repairDeduplication(data)
		if err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("run %d forgot %d tokens, want %d", run, n, want)
		}
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join([]string{lines[0], lines[1], lines[5]}, "\n") + "\n"; string(text) != want {
		t.Errorf("got %q, want %q", text, want)
	}
}
