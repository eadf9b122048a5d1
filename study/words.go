package study

import (
	"fmt"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

// method tells the procedure with the numbers of its configuration.
func (s *study) method() []string {
	cfg := s.Config
	when := "before it"
	if cfg.Placebo == spike.PlaceboBoth {
		when = "before and after it (this looks into the future and is never done live)"
	}
	return []string{
		fmt.Sprintf("Each day is compared, on a logarithmic scale, with the median of the same weekday in the %s before the event. The effect is the mean of these differences over the %s from the event on. Days on which less than %g or more than %g of the usual coverage reported are left out, and so are days without data; nothing is filled in.",
			account.CountOf(cfg.BeforeDays, "days"), account.CountOf(cfg.AfterDays, "days"), cfg.CoverageLow, cfg.CoverageHigh),
		fmt.Sprintf("The interval of %g\u00a0%% is a moving-block bootstrap of the differences before the event, in blocks of %d days, %d draws, seed %d.",
			100*(1-cfg.Alpha), cfg.BlockDays, cfg.Replicates, cfg.Seed),
		fmt.Sprintf("The p in time is the rank of the effect among the same estimate on dates %d to %d days %s, at least %d days away from every other catalogued event of the country: (1 + those as large) / (1 + all). It cannot be smaller than 1 / (1 + all); with fewer than %d dates it is not given.",
			cfg.PlaceboMin, cfg.PlaceboMax, when, cfg.EventRadius, cfg.MinPlacebos),
		fmt.Sprintf("The p in space is the rank of the effect, in units of each country's own spread, among countries with at least %g users a day and no event within %d days. After the controls means: with the median change of countries with at least %g users a day and no event taken off.",
			cfg.DonorUsers, cfg.EventRadius, cfg.ControlUsers),
		fmt.Sprintf("The grade is supported only if all of this holds: the change has the asked direction and its interval leaves zero out; the placebo in time passes, or, with fewer than %d dates, the placebo in space does; among the other countries it passes, or ranks first where they are too few for a test; it begins near the event, by an alarm or, where no single day alarms, as the day from which the change is largest; and no other catalogued event, outage, change of coverage or change that most countries share explains it as well.",
			cfg.MinPlacebos),
	}
}

// clientMeaning is who is counted in telemetry, userMeaning who in a given series.
const (
	clientMeaning = "One pseudonym of one day. The key changes daily, so nobody is followed from one day to the next. A person with two addresses is two clients; people behind one address are one."
	userMeaning   = "What the source of the series counts as one, by its own method; most sources estimate users and do not see them."
)

// fromStore says whether the series is the store's own use, and so counts clients.
func (s *study) fromStore() bool { return s.Provenance.Series == FromStore }

// whoIsCounted is the caveat about those who are counted.
func (s *study) whoIsCounted() string {
	if s.fromStore() {
		return "A client is a pseudonym of one day: a returning client cannot be told from a new one."
	}
	return "A user is what the source of the series counts as one, by its own method."
}

// glossary explains the words of this account.
func (s *study) glossary() []account.Term {
	first := account.Term{Word: s.Use.people(), Meaning: userMeaning}
	if s.fromStore() {
		first.Meaning = clientMeaning
	}
	return append([]account.Term{first}, terms...)
}

var terms = []account.Term{
	{Word: "expected", Meaning: "What the same weekday was in the weeks before: its median."},
	{Word: "effect", Meaning: "How far use lay above or below the expected, as a mean over the registered days."},
	{Word: "interval", Meaning: "The range in which the effect lies with the stated certainty, as far as the noise of the days before tells."},
	{Word: "placebo", Meaning: "The same estimate on a date or in a country where nothing happened. An effect that is no larger than placebos is no finding."},
	{Word: "control", Meaning: "A country that the event does not concern, measured in the same way on the same days."},
	{Word: "coverage", Meaning: "The share of the sensors that reported. Where it changes, use seems to change."},
	{Word: "supported", Meaning: "The change is there, it is larger than by chance, and nothing else that is known explains it."},
	{Word: "ambiguous", Meaning: "Something changed, and more than one cause fits."},
}
