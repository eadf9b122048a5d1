package study

import "github.com/banshift/banshift/study/account"

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
	{Word: "expected", Meaning: "In the pictures, what the same weekday was in the weeks before: its median."},
	{Word: "effect", Meaning: "How far use of the registered days lay above or below the week before, less what the other countries did."},
	{Word: "score", Meaning: "How large the change is and how sharply it begins, each in units of what is usual in this country. A burst is large; a ban is large and begins on its day."},
	{Word: "interval", Meaning: "The range in which the effect lies with the stated certainty, as far as the noise of the days before tells."},
	{Word: "placebo", Meaning: "The same estimate on a date or in a country where nothing happened. An effect that is no larger than placebos is no finding."},
	{Word: "control", Meaning: "A country that the event does not concern, measured in the same way on the same days."},
	{Word: "coverage", Meaning: "The share of the sensors that reported. Where it changes, use seems to change."},
	{Word: "supported", Meaning: "The change is there, it is larger than by chance, and nothing else that is known explains it."},
	{Word: "ambiguous", Meaning: "Something changed, and more than one cause fits."},
}
