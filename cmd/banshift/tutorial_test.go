package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/banshift/banshift/study/account"
)

var (
	// printedBy is a block of commands and the block that shows what the last of them prints.
	printedBy = regexp.MustCompile("(?s)```sh\n([^`]*?)```\n\n```\n(.*?)```")
	countryOf = regexp.MustCompile(`(?m)^[a-z]{2} +[+-]\d.*$`)
	argument  = regexp.MustCompile(`"([^"]*)"|(\S+)`)
)

// tutorialShows compares the numbers of the tutorial with those of a demo: the table that it printed, what the commands
// print that the tutorial names, and the sentences about them.
func tutorialShows(t *testing.T, dir string, printed result) {
	t.Helper()
	page, store := read(t, filepath.Join("..", "..", "docs", "tutorial", "april-2018.md")), filepath.Join(dir, "store")
	rows := countryOf.FindAllString(page, -1)
	if len(rows) < 4 {
		t.Errorf("the tutorial shows %d countries", len(rows))
	}
	for _, row := range rows {
		if !strings.Contains(printed.out, row) {
			t.Errorf("the tutorial shows what the demo does not print: %s", row)
		}
	}
	t.Run("commands", func(t *testing.T) { commandsPrint(t, page, store) })
	text := strings.Join(strings.Fields(page), " ")
	for _, sentence := range append(recordsOf(t, printed.errOut), sentences(t, dir, store)...) {
		if !strings.Contains(text, sentence) {
			t.Errorf("the tutorial does not say: %s", sentence)
		}
	}
}

// commandsPrint runs every question that the tutorial asks of the store and shows the answer of.
func commandsPrint(t *testing.T, page, store string) {
	t.Setenv("BANSHIFT_PYTHON", "")
	os.Unsetenv("BANSHIFT_PYTHON") // the tests' own; the program says that it is no setting
	compared := 0
	for _, block := range printedBy.FindAllStringSubmatch(page, -1) {
		lines := strings.Split(strings.TrimSpace(block[1]), "\n")
		command, asks := strings.CutPrefix(lines[len(lines)-1], "bin/banshift ")
		if !asks || !strings.HasPrefix(command, "query") && !strings.HasPrefix(command, "sql") {
			continue
		}
		var args []string
		for _, a := range argument.FindAllStringSubmatch(command, -1) {
			args = append(args, a[1]+a[2])
		}
		said := execute(t, "", append(args, "--store", store)...).must(t)
		if got := said.out + said.errOut; got != block[2] {
			t.Errorf("%s prints\n%swant\n%s", command, got, block[2])
		}
		compared++
	}
	if compared < 2 {
		t.Errorf("%d answers were compared", compared)
	}
}

// recordsOf is what the demo says of its records, without times.
func recordsOf(t *testing.T, said string) []string {
	t.Helper()
	found := regexp.MustCompile(`(in [\d,]+ = stored [\d,]+ \+ folded [\d,]+ \+ rejected [\d,]+) .*; ([\d,]+ joined to their other direction)`).FindStringSubmatch(said)
	if found == nil {
		t.Fatalf("the demo accounts for nothing: %s", said)
	}
	return found[1:]
}

// sentences are what the tutorial says in words, with the numbers of the store and its report.
func sentences(t *testing.T, dir, store string) []string {
	t.Helper()
	config := filepath.Join(dir, "telemetry", "banshift.yaml")
	var r account.Report
	said := execute(t, "", "--config", config, "report", demoEvent, "--store", store, "--json", "--out", "-").must(t)
	if err := json.Unmarshal([]byte(said.out), &r); err != nil {
		t.Fatal(err)
	}
	ask := func(query string, params ...string) []map[string]any {
		args := []string{"query", query, "--store", store, "--output", "json"}
		for _, p := range params {
			args = append(args, "--param", p)
		}
		return objects(t, execute(t, "", args...).must(t).out)
	}
	number := func(rows []map[string]any, column string, is ...string) float64 {
		for _, row := range rows {
			matches := true
			for i := 0; i < len(is); i += 2 {
				matches = matches && row[is[i]] == is[i+1]
			}
			if matches {
				return row[column].(float64)
			}
		}
		t.Errorf("no row has %v", is)
		return 0
	}
	share := ask("circumvention_share", "country=ru", "from=2018-04-16", "to=2018-04-16")
	tools := ask("use_by_tool_day", "country=ru", "from=2018-04-15", "to=2018-04-16")
	telegram := ask("services", "country=ru", "service=telegram", "from=2018-04-15", "to=2018-04-17")
	coverage := ask("coverage", "country=kz", "from=2018-04-19", "to=2018-04-20")
	number(tools, "clients", "tool", "mtproto", "day", "2018-04-16")
	number(coverage, "exporters", "day", "2018-04-20")
	h, words := r.Headline, map[float64]string{2: "two", 4: "four"}
	unanswered := func(day string) float64 {
		return 100 * number(telegram, "unanswered_share", "category", "messenger", "day", day)
	}
	return append(stagesOf(t, h.Reasons),
		fmt.Sprintf("%v of %v clients used a tool on the first day", number(share, "using"), number(share, "clients")),
		fmt.Sprintf("OpenVPN goes from %v clients to %v, and *mtproto*", number(tools, "clients", "tool", "openvpn", "day", "2018-04-15"), number(tools, "clients", "tool", "openvpn", "day", "2018-04-16")),
		fmt.Sprintf("Of their flows %.0f %% stay unanswered on the 16th and %.0f %% on the 17th", unanswered("2018-04-16"), unanswered("2018-04-17")),
		fmt.Sprintf("all clients rose by %.0f %%, and so did the share", float64(r.Denominator.Figures[1].Value)),
		fmt.Sprintf("%d other dates of the country's past", h.InTime.N), fmt.Sprintf("0.008 is 1/%d", h.InTime.N+1),
		fmt.Sprintf("the other %d countries", h.InSpace.N), fmt.Sprintf("1/%d is the smallest possible value", h.InSpace.N+1),
		fmt.Sprintf("on 19 and 20 April (%s of %s exporters", words[number(coverage, "exporters", "day", "2018-04-19")], words[number(coverage, "known_exporters", "day", "2018-04-19")]),
	)
}

// stagesOf is what the tutorial says of the ban's stages, with the numbers of the report's reasons.
func stagesOf(t *testing.T, reasons []string) []string {
	t.Helper()
	said := strings.ReplaceAll(strings.Join(reasons, "\n"), "-", "−")
	dose := regexp.MustCompile(`[+−]([\d,]+) addresses[^)]*\)`).FindAllStringSubmatch(said, -1)
	first := regexp.MustCompile(`addresses, \+1 service\) (\+[\d.]+ % \([^)]*\))`).FindStringSubmatch(said)
	slope := regexp.MustCompile(`[Ff]or each 10,000,000 addresses more the step differs by ([+−][\d.]+ %) \(([^)]*)\)`).FindStringSubmatch(said)
	if len(dose) != 5 || first == nil || slope == nil {
		t.Fatalf("the report does not tell the stages: %s", said)
	}
	return []string{
		fmt.Sprintf("stages: %s addresses on 16 April, %s on the 17th, %s on the 19th, and %s and %s lifted on 28 April and 8 May", dose[0][1], dose[1][1], dose[2][1], dose[3][1], dose[4][1]),
		fmt.Sprintf("%s on the first day", first[1]),
		fmt.Sprintf("(%s for each 10 million addresses, %s)", slope[1], slope[2]),
	}
}
