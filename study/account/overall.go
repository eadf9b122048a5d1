package account

// Overall is what the events of a catalogue did on average, as a page shows it.
type Overall struct {
	Title     string
	Simulated bool
	// Answer is what was found, a sentence each.
	Answer []string
	// Means are the pooled effects, Single those of the events that were pooled; in percent.
	Means, Single Forest
	Tables        []Table
	Provenance    Provenance
}
