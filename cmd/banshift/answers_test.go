package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/banshift/banshift/simulate"
	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web"
)

// answer is one answer of a report with the truth's range.
type answer struct {
	question string
	got      float64
	want     simulate.Estimate
}

func (a answer) covered() bool { return a.want.Low <= a.got && a.got <= a.want.High }

// TestAnswersLieInTheTruth simulates, runs and reports, and asks whether each of the nine
// answers lies in the range of the truth file. BANSHIFT_ANSWER_SEEDS (20) and
// BANSHIFT_ANSWER_SCALE (1) make it the acceptance run; nine in ten have to.
func TestAnswersLieInTheTruth(t *testing.T) {
	needEngine(t)
	if _, err := web.Assets(); err != nil {
		t.Skip("the built bundle is absent: run make build")
	}
	seeds, scale := 1, .5
	full := os.Getenv("BANSHIFT_ANSWER_SEEDS") != ""
	if full {
		seeds, scale = number(t, "BANSHIFT_ANSWER_SEEDS", 20), 1
	} else if testing.Short() {
		t.Skip("the whole way of the data takes half a minute")
	}
	first := number(t, "BANSHIFT_ANSWER_FIRST", 1)
	covered, tried := map[string]int{}, map[string]int{}
	var order []string
	for seed := first; seed < first+seeds; seed++ {
		for _, a := range answersOf(t, seed, scale, seed == first) {
			if !slices.Contains(order, a.question) {
				order = append(order, a.question)
			}
			tried[a.question]++
			if a.covered() {
				covered[a.question]++
				continue
			}
			t.Logf("seed %d: %s is %.4g, outside of %.4g to %.4g (true %.4g)", seed, a.question, a.got, a.want.Low, a.want.High, a.want.Value)
		}
	}
	all, inside := 0, 0
	for _, q := range order {
		all, inside = all+tried[q], inside+covered[q]
		t.Logf("%-22s %2d of %2d", q, covered[q], tried[q])
	}
	t.Logf("%-22s %2d of %2d", "all", inside, all)
	if least := .9; full && float64(inside) < least*float64(all) || !full && inside < all-2 {
		t.Errorf("%d of %d answers lie in the range of the truth", inside, all)
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(name))
	if os.Getenv(name) == "" {
		return otherwise
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// answersOf runs the demo and its report for one seed, and compares its doors where asked.
func answersOf(t *testing.T, seed int, scale float64, doors bool) []answer {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	ctx := context.Background()
	var out, errOut bytes.Buffer
	if code := run(ctx, []string{"demo", "--out", dir, "--seed", strconv.Itoa(seed), "--scale", fmt.Sprint(scale)}, nil, &out, &errOut); code != exitDone {
		t.Fatalf("demo: exit code %d: %s", code, errOut.String())
	}
	out.Reset()
	config := filepath.Join(dir, "telemetry", "banshift.yaml")
	if code := run(ctx, []string{"--config", config, "report", demoEvent, "--store", filepath.Join(dir, "store"), "--json"}, nil, &out, &errOut); code != exitDone {
		t.Fatalf("report: exit code %d: %s", code, errOut.String())
	}
	var r account.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if doors {
		sameFromEveryDoor(t, config, filepath.Join(dir, "store"), r)
		t.Run("numbers", func(t *testing.T) { sameEverywhere(t, config, filepath.Join(dir, "store"), r) })
	}
	truth, err := readTruth(filepath.Join(dir, "telemetry"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return compare(t, r, truth)
}

// compare puts every question's figure next to the truth.
func compare(t *testing.T, r account.Report, truth simulate.Truth) []answer {
	t.Helper()
	figure := map[string]float64{}
	for _, q := range r.Questions {
		if q.Missing != "" || len(q.Charts) == 0 || !q.Figure.Value.Known() || !q.Figure.Interval.Low.Known() {
			t.Errorf("question %s lacks its figure, interval or picture: %+v %s", q.ID, q.Figure, q.Missing)
		}
		figure[q.ID] = float64(q.Figure.Value)
	}
	if len(r.Questions) != 9 {
		t.Fatalf("%d questions, want 9", len(r.Questions))
	}
	at := slices.Index(truth.Dates, "2018-04-16")
	grown := truth.BlockList.Addresses[at+6] - truth.BlockList.Addresses[at-1]
	exactly := func(n int) simulate.Estimate {
		return simulate.Estimate{Value: float64(n), Low: float64(n), High: float64(n)}
	}
	i := slices.IndexFunc(truth.Effects, func(e simulate.EffectTruth) bool { return e.Event == demoEvent && e.Country == "ru" })
	return []answer{
		{"spike", math.Log1p(figure["spike"] / 100), truth.Effects[i].Log},
		{"survival", math.Log(figure["survival"] / 100), truth.Survival.Reached[0]},
		{"churn", figure["churn"], truth.Churn.Lifetime},
		{"growth", figure["growth"], exactly(grown)},
		{"collateral", figure["collateral"] / 100, truth.Collateral.Soft},
		{"adoption", figure["adoption"] / 100, truth.Adoption.After},
		{"enforcement", figure["enforcement"] / 100, truth.Enforcement.ISquared},
		{"pattern", figure["pattern"] / 100, truth.Blocking[0].Failed},
		{"border", figure["border"], exactly(truth.Topology[0].Networks)},
	}
}
