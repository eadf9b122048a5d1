package spike

import "time"

// PlaceboMode says on which side of the event placebo dates are looked for.
type PlaceboMode string

const (
	// PlaceboBefore uses the past only: the one mode that can be used live.
	PlaceboBefore PlaceboMode = "before"
	// PlaceboBoth also uses dates after the event; it looks into the future and says so.
	PlaceboBoth PlaceboMode = "both"
)

// Config is the procedure, registered before the data are seen and recorded with
// every result. DefaultConfig gives the values that the documentation reports.
type Config struct {
	// BeforeDays and AfterDays are the windows of the effect; BeforeDays is a multiple of 7.
	BeforeDays int `json:"before_days"`
	AfterDays  int `json:"after_days"`
	// Placebo chooses the placebo dates; PlaceboMin..PlaceboMax is their distance in days.
	Placebo         PlaceboMode `json:"placebo"`
	PlaceboMin      int         `json:"placebo_min_days"`
	PlaceboMax      int         `json:"placebo_max_days"`
	PlaceboAheadMin int         `json:"placebo_ahead_min_days"`
	// MinPlacebos is how many placebo dates a p-value in time needs.
	MinPlacebos int `json:"min_placebos"`
	// EventRadius keeps placebo dates and controls that many days away from catalogued events.
	EventRadius int `json:"event_radius_days"`
	// ControlUsers and DonorUsers are the users a day that a country needs, in the median of the
	// days before, to enter the common factor and the placebo in space.
	ControlUsers float64 `json:"control_users"`
	DonorUsers   float64 `json:"donor_users"`
	// MinControls is how many other countries make a common factor.
	MinControls int `json:"min_controls"`
	// Alpha is the two-sided level: the interval's is 1 - Alpha, and as rises and drops are
	// asked for separately each one-sided placebo test has half of it.
	Alpha float64 `json:"alpha"`
	// FalseDiscovery is the rate q of Benjamini and Hochberg over all tests of the run.
	FalseDiscovery float64 `json:"false_discovery_rate"`
	// Replicates of the block bootstrap, of BlockDays each; Seed makes them repeatable.
	Replicates int   `json:"replicates"`
	BlockDays  int   `json:"block_days"`
	Seed       int64 `json:"seed"`
	// AlarmZ is the robust z that a day must pass, on AlarmDays of AlarmOf consecutive days;
	// past BurstZ two of three days are enough.
	// ScaleDays is how far back the noise is measured; past BurstZ two of three days are enough.
	AlarmZ    float64 `json:"alarm_z"`
	BurstZ    float64 `json:"burst_z"`
	AlarmDays int     `json:"alarm_days"`
	AlarmOf   int     `json:"alarm_of_days"`
	ScaleDays int     `json:"scale_days"`
	// AlarmUsers is the baseline of users a day below which no alarm is raised.
	AlarmUsers float64 `json:"alarm_users"`
	// ScaleFloor is the least standard deviation of a day, in log units.
	ScaleFloor float64 `json:"scale_floor"`
	// CoverageLow and CoverageHigh mask a day whose coverage leaves this band around its own median.
	CoverageLow  float64 `json:"coverage_low"`
	CoverageHigh float64 `json:"coverage_high"`
	// ArtefactShare is the share of countries whose joint alarm is taken for the measurement's.
	ArtefactShare float64 `json:"artefact_share"`
	// OnsetFrom and OnsetTo bound the first alarm, in days from the event.
	OnsetFrom int `json:"onset_from_days"`
	OnsetTo   int `json:"onset_to_days"`
	// OnsetEarly and OnsetLate are the first and the last onset that fit an enforcement; another
	// one is ambiguous.
	OnsetEarly int `json:"onset_early_days"`
	OnsetLate  int `json:"onset_late_days"`
	// NeighbourDays is the distance within which another event makes attribution ambiguous.
	NeighbourDays int `json:"neighbour_days"`
	// SmallCount is the mean a day below which counts are tested exactly.
	SmallCount float64 `json:"small_count"`
	// SharedShare is the share of the countries without an event that have to change as sharply on the same day
	// for a cause that they share.
	SharedShare float64 `json:"shared_share"`
	// BaselineDays is the length of the headline's baseline: short, because the levels of real series wander; a
	// multiple of seven, so that each weekday is in it once.
	BaselineDays int `json:"baseline_days"`
	// Rule is the registered point of power against false grades.
	Rule Rule `json:"rule"`
	// least replaces the rule's threshold where the curve of power is measured.
	least float64
	// Direction asks for a rise (up) or a drop (down) whatever kind and target say; empty follows them.
	Direction Direction `json:"direction,omitempty"`
	// WindowDays is the length of every event's window; 0 follows the event's length, up to AfterDays.
	WindowDays int `json:"window_days,omitempty"`
	// SpaceShare is the p of the placebo in space from which a change is ambiguous, because so many
	// other countries moved as far in their own units.
	SpaceShare float64 `json:"space_share"`
	// Course also says how each change went on in its own country; it takes no part in the grade.
	Course bool `json:"course,omitempty"`
	// Hours also asks each event whose onset is known to the hour by the hour, in its own country; it takes no part in the
	// grade by days.
	Hours bool `json:"hours,omitempty"`
	// WindowHours is the length of every event's window by the hour; 0 follows the event's length, up to a day.
	WindowHours int `json:"window_hours,omitempty"`
	// hours replaces registered constants where they are chosen.
	hours hourDesign
	// Secondary also asks the other methods about each event in its own country; they take no
	// part in the grade.
	Secondary bool `json:"secondary"`
	// Holidays are days by country whose weeks are compared only with each other.
	Holidays map[string][]time.Time `json:"holidays,omitempty"`
	// Breaks are days on which the method of a series (by name) changed.
	Breaks map[string][]time.Time `json:"breaks,omitempty"`
}

// DefaultConfig is the registered procedure.
func DefaultConfig() Config {
	return Config{
		BeforeDays: 28, AfterDays: 7,
		Placebo: PlaceboBefore, PlaceboMin: 14, PlaceboMax: 378, PlaceboAheadMin: 35,
		MinPlacebos: 60, EventRadius: 21,
		ControlUsers: 100, DonorUsers: 50, MinControls: 3,
		Alpha: .05, FalseDiscovery: .10,
		Replicates: 2000, BlockDays: 7, Seed: 1,
		AlarmZ: 3, BurstZ: 6, AlarmDays: 3, AlarmOf: 4, ScaleDays: 28, ScaleFloor: .03,
		CoverageLow: .75, CoverageHigh: 1.35, ArtefactShare: .30,
		OnsetFrom: -1, OnsetTo: 3, OnsetEarly: 0, OnsetLate: 1, NeighbourDays: 7, SmallCount: 20,
		BaselineDays: 7, Rule: Standard, SpaceShare: .20, SharedShare: .08,
	}
}
