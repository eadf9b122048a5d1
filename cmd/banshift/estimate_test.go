package main

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// What a store takes is scaled by records where it grows with them, by days where it does not, by nothing where it is there
// once, and by no more days than rows are kept.
func TestDemand(t *testing.T) {
	now := load.Sizes{Records: 1_000_000, Days: 2, Tables: []load.TableSize{
		{Table: "flows", Bytes: 10_000_000, Rows: 1_000_000}, {Table: "usage", Bytes: 20_000_000}, {Table: "counted_days", Bytes: 4000}, {Table: "endpoints", Bytes: 1_000_000},
		{Table: "coverage", Bytes: 600}, {Table: "pseudonym_keys", Bytes: 452}, {Table: "blocklist", Bytes: 800_000}, {Table: "counted_servers", Bytes: 200}, {Table: "migrations", Bytes: 9339},
	}}
	d, err := demandOf(now, 100, 365, RetentionConfig{FlowsDays: 30, UsageDays: 0, DNSDays: 90})
	if err != nil {
		t.Fatal(err)
	}
	const day = 100 * 86400
	for i, want := range []float64{10 * day * 30, 20 * day * 365, 2000 * 365, 1 * day * 365, 300 * 365, 452, 800_000, 100 * 30, 9339} {
		if got := d.tables[i].atEnd; math.Abs(got-want) > 1 {
			t.Errorf("%s: %g bytes, want %g", d.tables[i].table, got, want)
		}
	}
	if got := d.tables[0]; got.row != 10 || got.grows != "record" {
		t.Errorf("flows: %+v", got)
	}
	if want := 100 * 4.8 / 1e6; math.Abs(d.cores-want) > 1e-12 {
		t.Errorf("%g cores, want %g", d.cores, want)
	}
	if _, err := demandOf(load.Sizes{}, 100, 365, RetentionConfig{}); err == nil {
		t.Error("nothing is scaled")
	}
}

func TestEstimate(t *testing.T) {
	needEngine(t)
	dir, write := awayLog(t)
	write(2000)
	store := filepath.Join(t.TempDir(), "store")
	execute(t, "", "run", "--store", store, dir).must(t)
	got := execute(t, "", "doctor", "--store", store, "--estimate", "50000/s", "--days", "365").must(t).out
	for _, want := range []string{"measured: 2,000 records of", "That is little", "AFTER 365 DAYS", "usage ", "disk: ", "memory: 315 MB for the program", "cores: 0.2 at all times"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, want := range []string{`migrations +once +[0-9.]+ +[0-9.e+]+ +store +365 +[0-9.]+ kB`, `pseudonym_keys +once .* B`, `usage +client hour .* record +90 `, `coverage +sensor hour .* day +365 .* [kM]B`} {
		if !regexp.MustCompile("(?m)^" + want).MatchString(got) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, wrong := range []string{"x", "-1/s", "0/s", "NaN", "Inf/s", "5/m"} {
		if r := execute(t, "", "doctor", "--store", store, "--estimate="+wrong); r.code != exitMisused {
			t.Errorf("%s: exit code %d", wrong, r.code)
		}
	}
	if r := execute(t, "", "doctor", "--store", store, "--estimate", "1/s", "--days", "0"); r.code != exitMisused {
		t.Error(fmt.Sprint("no days: exit code ", r.code))
	}
}
