package spike

import "fmt"

// Method tells the procedure in words, with the numbers of the configuration: what a report prints.
func (c Config) Method() []string {
	when := "before it"
	if c.Placebo == PlaceboBoth {
		when = "before and after it (this looks into the future and is never done live)"
	}
	window := fmt.Sprintf("the event's days, at most %d,", c.AfterDays)
	if c.WindowDays > 0 {
		window = fmt.Sprintf("the %s from the event on,", count(c.WindowDays, "days", "day"))
	}
	return []string{
		fmt.Sprintf("The effect is the mean of %s less the mean of the %d days before, on a logarithmic scale and without the weekday pattern, less the median of the same change in the countries with at least %g users a day and no event within %d days. Days on which less than %g or more than %g of the usual coverage reported are left out, and so are days without data; nothing is filled in.",
			window, c.BaselineDays, c.ControlUsers, c.EventRadius, c.CoverageLow, c.CoverageHigh),
		fmt.Sprintf("The same change is taken on dates %d to %d days %s, at least %d days away from every other catalogued event of the country. The p in time is the rank of the effect among them: (1 + those as large) / (1 + all), with the effect brought nearer to their middle for the few that are independent. It cannot be smaller than 1 / (1 + all); with fewer than %d dates it is not given. The interval of %g\u00a0%% holds the effects that would make the change a usual one.",
			c.PlaceboMin, c.PlaceboMax, when, c.EventRadius, c.MinPlacebos, 100*(1-c.Alpha)),
		fmt.Sprintf("The p in space is the rank of the effect, in units of each country's own past changes, among countries with at least %g users a day and no event. It can make a grade ambiguous (above %g), and so can at least %d of these countries, and %g\u00a0%% of them, that changed as sharply on the same day. It never refutes, unless the past is too short for a p in time.",
			c.DonorUsers, c.SpaceShare, leastShared, 100*c.SharedShare),
		fmt.Sprintf("The score joins two numbers: the change in units of the country's usual one, and its beginning in units of a usual jump times %g (times %g for a jump on the day after). It is the root of two over the sum of their inverse squares, never more than 1.41 times the smaller. The rule %s asks for %g.",
			jumpShare, lateJumpShare, c.Rule, c.Rule.threshold()),
		"The grade is supported only if the change has the asked direction, its interval leaves zero out, the placebo in time passes, the score reaches the rule's, the other countries do not share it, and no election, outage, change of coverage or end of another ban explains it as well. Events that ask for the same change within a week are one episode: the effect is of all together.",
	}
}

// OnsetWords says what the date of Onset is.
func (e Effect) OnsetWords() string {
	if e.OnsetBy == "alarm" {
		return "first day of the alarm"
	}
	return "no alarm; day of the jump"
}
