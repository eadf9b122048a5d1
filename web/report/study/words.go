package study

import (
	"strings"

	"github.com/banshift/banshift/web/report"
)

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// method tells the procedure with the numbers of its configuration.
func (s *study) method() []string { return s.Config.Method() }

var glossary = []report.Term{
	{Word: "client", Meaning: "One pseudonym of one day. The key changes daily, so nobody is followed from one day to the next. A person with two addresses is two clients; people behind one address are one."},
	{Word: "expected", Meaning: "What the same weekday was in the weeks before: its median. The headline compares with the week before."},
	{Word: "effect", Meaning: "How far use lay above or below the expected, as a mean over the registered days."},
	{Word: "interval", Meaning: "The range in which the effect lies with the stated certainty, as far as the noise of the days before tells."},
	{Word: "placebo", Meaning: "The same estimate on a date or in a country where nothing happened. An effect that is no larger than placebos is no finding."},
	{Word: "control", Meaning: "A country that the event does not concern, measured in the same way on the same days."},
	{Word: "coverage", Meaning: "The share of the sensors that reported. Where it changes, use seems to change."},
	{Word: "supported", Meaning: "The change is there, it is larger than by chance, and nothing else that is known explains it."},
	{Word: "ambiguous", Meaning: "Something changed, and more than one cause fits."},
}
