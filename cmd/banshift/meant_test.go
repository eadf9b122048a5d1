package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

func TestEdits(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"run", "run", 0}, {"runn", "run", 1}, {"rnu", "run", 1}, {"analyse", "analyze", 1}, {"daily", "", 5}, {"kitten", "sitting", 3}} {
		if got := edits(test.a, test.b); got != test.want {
			t.Errorf("from %q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
		if edits(test.a, test.b) != edits(test.b, test.a) {
			t.Errorf("%q and %q: the way back is of another length", test.a, test.b)
		}
	}
}

func TestWhatWasMeant(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"anaylze"}, "did you mean analyze?"},
		{[]string{"query", "daily_serie", "--store", "x"}, "did you mean daily_series?"},
		{[]string{"query", "coverage", "--store", "x", "--output", "jsno"}, "did you mean json?"},
		{[]string{"query", "coverage", "--store", "x", "--param", "contry=ru"}, "did you mean country?"},
		{[]string{"export", "use_by_tool", "--out", "x"}, "did you mean use_by_tool_day?"},
		{[]string{"report", "ru-telegram-2018-enforcment"}, "did you mean ru-telegram-2018-enforcement?"},
		{[]string{"spikes", "--json", "--contry", "ru"}, "did you mean --country?"},
		{[]string{"report", "ru-telegram-2018-enforcement", "--format", "mdd"}, "did you mean md?"},
		{[]string{"events", "lst"}, "did you mean list?"},
		{[]string{"blocklist", "stat"}, "did you mean stats?"},
		{[]string{"config", "chekc", "x"}, "did you mean check?"},
		{[]string{"privacy", "completely-else"}, `"completely-else" is no command of banshift privacy`},
		{[]string{"events", "list", "--country", "rus"}, "two letters"},
		{[]string{"completely-else"}, `unknown command "completely-else"`},
	} {
		var errOut bytes.Buffer
		if code := run(context.Background(), test.args, nil, &bytes.Buffer{}, &errOut); code != exitMisused || !strings.Contains(errOut.String(), test.says) {
			t.Errorf("%v: exit code %d, %q; want %q", test.args, code, errOut.String(), test.says)
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, test := range []struct {
		args []string
		has  string
	}{
		{[]string{"query", "dai"}, "daily_series\t"},
		{[]string{"query", "coverage", "--output", ""}, "parquet\n"},
		{[]string{"query", "coverage", "--param", "cou"}, "country=\n"},
		{[]string{"query", "coverage", "--param", "country=r"}, "country=ru\tRussia"},
		{[]string{"export", "use_by"}, "use_by_tool_day\t"},
		{[]string{"report", "ru-telegram-2018-enf"}, "ru-telegram-2018-enforcement\t"},
		{[]string{"report", "x", "--format", ""}, "md\n"},
		{[]string{"spikes", "--country", "t"}, "tr\tTurkey"},
	} {
		var out, errOut bytes.Buffer
		code := run(context.Background(), append([]string{"__complete"}, test.args...), nil, &out, &errOut)
		if code != exitDone || !strings.Contains(out.String(), test.has) {
			t.Errorf("%v: exit code %d, %.300q lacks %q; %s", test.args, code, out.String(), test.has, errOut.String())
		}
	}
}

// TestHelpFits holds every help to 100 columns.
func TestHelpFits(t *testing.T) {
	var walk func(path []string, cmd *cobra.Command)
	walk = func(path []string, cmd *cobra.Command) {
		var out bytes.Buffer
		if code := run(context.Background(), append(path, "--help"), nil, &out, &out); code != exitDone {
			t.Errorf("%v: exit code %d", path, code)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 100 {
				t.Errorf("help of %v: %d columns: %s", path, n, line)
			}
		}
		for _, sub := range cmd.Commands() {
			if !sub.Hidden && sub.Name() != "help" {
				walk(append(path[:len(path):len(path)], sub.Name()), sub)
			}
		}
	}
	walk(nil, newRootCommand(&app{}))
}

// TestHelpHasExamples: every command's help ends with what one types.
func TestHelpHasExamples(t *testing.T) {
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		if c.Example == "" && !c.Hidden && c.Name() != "help" && (c.Parent() == nil || c.Parent().Name() != "completion") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	look(newRootCommand(&app{}))
}
