package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
)

// sameFromEveryDoor asks the store of a demo by report, page and analyze: one event's
// numbers and provenance are the same, and the page's report is the file's bytes but
// for the link back.
func sameFromEveryDoor(t *testing.T, config, store string, r account.Report) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	defer end()
	var out, errOut bytes.Buffer
	file := filepath.Join(t.TempDir(), "a.html")
	if code := run(ctx, []string{"--config", config, "report", demoEvent, "--store", store, "--out", file}, nil, &out, &errOut); code != exitDone {
		t.Fatalf("report: exit code %d: %s", code, errOut.String())
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	served := servedReport(t, config, store)
	const link = `<p class="back"><a href="/">Back to the page</a></p>`
	if !strings.Contains(served, link) || strings.Replace(served, link, "", 1) != string(written) {
		bare := strings.Replace(served, link, "", 1)
		at := 0
		for at < min(len(bare), len(written)) && bare[at] == written[at] {
			at++
		}
		near := func(text string) string { return text[max(0, at-100):min(len(text), at+100)] }
		t.Errorf("the page's report differs from the file's at byte %d of %d: %q, want %q", at, len(written), near(bare), near(string(written)))
	}
	out.Reset()
	if code := run(ctx, []string{"--config", config, "analyze", "--store", store, "--json"}, nil, &out, &errOut); code != exitDone {
		t.Fatalf("analyze: exit code %d: %s", code, errOut.String())
	}
	var all study.Result
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	p, q := r.Provenance, all.Provenance
	if p.DataHash != q.DataHash || p.EventsHash != q.EventsHash || p.Version != q.Version || p.Config.Seed != q.Config.Seed || p.Packs != q.Packs || p.Lists != q.Lists {
		t.Errorf("provenance of the report %+v, of analyze %+v", p, q)
	}
	for _, e := range all.Effects {
		if e.Event != demoEvent || !e.OwnCountry {
			continue
		}
		h := r.Headline
		if e.EffectPct == nil || float64(h.EffectPct) != *e.EffectPct || float64(h.Interval.Low) != *e.CILow || float64(h.Interval.High) != *e.CIHigh {
			t.Errorf("the report says %v (%v), analyze %v (%v to %v)", h.EffectPct, h.Interval, *e.EffectPct, *e.CILow, *e.CIHigh)
		}
		if string(h.Grade) != string(e.Grade) || !slices.EqualFunc(h.Reasons, e.Reasons, func(sentence, clause string) bool { return sentence == account.Sentence(clause) }) || !slices.Equal(p.Controls, e.Control.Who) {
			t.Errorf("the report is graded %s %q, analyze %s %q", h.Grade, h.Reasons, e.Grade, e.Reasons)
		}
		return
	}
	t.Errorf("analyze lacks %s", demoEvent)
}

// servedReport asks a running page for the report of the demo's event.
func servedReport(t *testing.T, config, store string) string {
	t.Helper()
	return servedText(t, config, store, "report/"+demoEvent)
}

// servedText asks a running page for something.
func servedText(t *testing.T, config, store, path string) string {
	t.Helper()
	var page []byte
	whileServed(t, config, store, func(address string) {
		answer, err := http.Get(address + "/" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if page, err = io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %v: %.300s", answer.StatusCode, err, page)
		}
	})
	return string(page)
}
