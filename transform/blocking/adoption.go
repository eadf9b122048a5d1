package blocking

// Users is the distinct users of a day. Totals over days count a person on each of them:
// identities do not outlive a day.
type Users struct {
	Substitute, Banned uint64
}

// Adoption is the substitute's share of the users of both, before and after.
type Adoption struct {
	Before, After Proportion
	Change        Difference
}

// MeasureAdoption compares two runs of days.
func MeasureAdoption(before, after []Users) Adoption {
	a := Adoption{Before: shareOf(before), After: shareOf(after)}
	a.Change = Compare(a.Before, a.After)
	return a
}

func shareOf(days []Users) Proportion {
	var substitute, all uint64
	for _, d := range days {
		substitute += d.Substitute
		all += d.Substitute + d.Banned
	}
	return Wilson(substitute, all)
}
