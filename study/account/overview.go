package account

// Overview is what a store has of every country, and what happened there lately.
type Overview struct {
	Countries []Country `json:"countries"` // the largest rise of the share first, unknown ones last
	Feed      []Entry   `json:"feed"`      // spikes, alarms and events, the latest first
	// LookedAt says what was looked at for spikes, and what makes one; a sentence a kind of telemetry.
	LookedAt []string `json:"looked_at"`
}

// Country is the telemetry of one country. Changes are medians of its last week over
// medians of the four weeks before: a description, and no effect.
type Country struct {
	Country        string   `json:"country"` // lower-case ISO code
	Name           string   `json:"name"`
	First          string   `json:"first"` // days
	Last           string   `json:"last"`
	Simulated      bool     `json:"simulated"`
	Clients        Number   `json:"clients"` // on the last day, of any tool that counts as use
	AllClients     Number   `json:"all_clients"`
	SharePct       Number   `json:"share_pct"`
	ChangePct      Number   `json:"change_pct"`       // of clients
	ShareChangePct Number   `json:"share_change_pct"` // of the share
	CoveragePct    Number   `json:"coverage_pct"`     // of the last day, against the usual
	Alarms         int      `json:"alarms"`
	LastAlarm      string   `json:"last_alarm"` // day, empty without alarm
	Nearest        *Nearest `json:"nearest"`    // to the last alarm, or to the last day without one; null where the catalogue has none
}

// Nearest is the event of the catalogue that is closest to a day.
type Nearest struct {
	Event  string `json:"event"`
	Target string `json:"target"`
	Kind   string `json:"kind"`
	Date   string `json:"date"`
	Days   int    `json:"days"` // from the event to the day, negative before the event
}

// EntryKind is what an entry of the feed is about.
type EntryKind string

// Kinds of entries.
const (
	SpikeEntry EntryKind = "spike"
	EventEntry EntryKind = "event"
	AlarmEntry EntryKind = "alarm" // noticed while telemetry came
)

// Entry is a spike, an alarm, or an event of the catalogue on a day with telemetry.
type Entry struct {
	ID        string    `json:"id"` // stays the same as long as the entry is about the same
	Kind      EntryKind `json:"kind"`
	Country   string    `json:"country"`
	Name      string    `json:"name"`
	Date      string    `json:"date"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Event     string    `json:"event"` // in the catalogue; empty for a spike with none within two weeks
	Simulated bool      `json:"simulated"`
}
