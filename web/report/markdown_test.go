package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web/report/sample"
)

func TestMarkdownSaysWhatThePageSays(t *testing.T) {
	r := sample.Report(1)
	var text bytes.Buffer
	if err := Markdown(&text, r); err != nil {
		t.Fatal(err)
	}
	got := text.String()
	for _, want := range []string{r.Title, r.Headline.Sentence(), "Simulated data", r.Denominator.Sentence, r.Denominator.Figures[2].String(), r.Questions[0].Answer, r.Provenance.Command} {
		if !strings.Contains(got, plainText(want)) {
			t.Errorf("lacks %q", want)
		}
	}
	if n := strings.Count(got, "\n| 2018-"); n != len(r.Main.Series.Times) {
		t.Errorf("%d days in its table, want %d", n, len(r.Main.Series.Times))
	}
}

func TestMarkdownKeepsTextsText(t *testing.T) {
	var text bytes.Buffer
	if err := Markdown(&text, small(hostile+" [a](javascript:b) | *c*\n# d")); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"<script", "<img", "a](", "\n# d", " *c*"} {
		if strings.Contains(text.String(), mark) {
			t.Errorf("a text became the mark %q", mark)
		}
	}
	if bytes.Contains(text.Bytes(), []byte("NaN")) || len(account.Dash) == 0 {
		t.Error("an unknown number is printed")
	}
}
