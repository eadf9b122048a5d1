package study

import (
	"fmt"

	"github.com/banshift/banshift/study/account"
)

// Page gives what was found as a page shows it; its tables are the caller's.
func (a Average) Page() account.Overall {
	page := account.Overall{
		Title:  "What bans did on average: " + a.Series,
		Means:  account.Forest{Unit: "%", Label: "Change of users, mean of the group with its interval"},
		Single: account.Forest{Unit: "%", Label: "Change of users, each pooled event with its interval"},
	}
	for _, g := range a.Groups {
		if g.By == "all" {
			page.Answer = append(page.Answer, g.sentence())
		}
		page.Means.Rows = append(page.Means.Rows, account.ForestRow{
			Label: g.label(), Note: many(g.Episodes, "episode"),
			Value: g.Mean, Interval: account.Interval{Low: g.Low, High: g.High}, Summary: g.By == "all",
		})
	}
	for _, e := range a.Events {
		if e.Pooled {
			page.Single.Rows = append(page.Single.Rows, account.ForestRow{
				Label: e.Date + " " + e.Event, Note: account.Grade(e.Grade).Words(), Value: e.Effect, Interval: account.Interval{Low: e.Low, High: e.High},
			})
		}
	}
	if len(page.Answer) == 0 {
		page.Answer = []string{"No event of the catalogue could be pooled; the tables say why."}
	}
	if a.Provenance != nil {
		page.Provenance, page.Simulated = *a.Provenance, a.Provenance.Simulated
	}
	return page
}

// label names the group.
func (g Group) label() string {
	if g.By == "all" {
		return "all, asked for " + words[string(g.Asked)]
	}
	return fmt.Sprintf("%s: %s, asked for %s", g.By, g.Value, words[string(g.Asked)])
}

// sentence says what a group of all events that ask for the same did.
func (g Group) sentence() string {
	said := fmt.Sprintf("%s that ask for %s: %s of users on average (%s to %s).", account.UpperFirst(many(g.Episodes, "episode")), words[string(g.Asked)],
		percent(g.Mean), percent(g.Low), percent(g.High))
	if g.PredictLow.Known() && g.PredictHigh.Known() {
		said += fmt.Sprintf(" Another such ban is to be expected between %s and %s.", percent(g.PredictLow), percent(g.PredictHigh))
	}
	if g.Untested > 0 && g.MeanWithUntested.Known() {
		said += fmt.Sprintf(" Had none of the %s that could not be tested done anything, the mean would be %s.", many(g.Untested, "event"), percent(g.MeanWithUntested))
	}
	return said
}

// words are the directions that were asked for.
var words = map[string]string{"up": "a rise", "down": "a drop"}

// MostPercent is the highest change that is said with its digits: of two unlike events the next one may do anything.
const MostPercent = 9999

func percent(n account.Number) string {
	if n > MostPercent {
		return "over " + account.FormatNumeric(account.Percent, MostPercent)
	}
	return account.FormatNumeric(account.Percent, n)
}

func many(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
