package spike

// Grade is what the data support.
type Grade string

// Grades, from the strongest.
const (
	Supported    Grade = "supported"
	Ambiguous    Grade = "ambiguous"
	NotSupported Grade = "not_supported"
	Insufficient Grade = "insufficient"
)

// Effect is one series against one event. Numbers that do not exist are null, never NaN.
type Effect struct {
	Series     string `json:"series"`
	Country    string `json:"country"`
	Event      string `json:"event"`
	Date       string `json:"date"`
	OwnCountry bool   `json:"own_country"`

	// EffectLog is the headline: the mean log change from the week before to the days of the window,
	// less that of the controls where there are enough; EffectPct is 100(e^x-1); CILow and CIHigh are
	// the interval in percent that the grade used.
	EffectLog *float64 `json:"effect_log"`
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`

	// WindowDays is the length of the window; Provisional says that the data end inside the registered one.
	WindowDays  int  `json:"window_days"`
	Provisional bool `json:"provisional,omitempty"`
	// Score is the smaller of Size (the effect in units of the country's own past changes) and
	// Sharpness (the jump on the day, in units of its past jumps, times a registered share); Threshold
	// is what Rule asks for.
	Score     *float64 `json:"score"`
	Size      *float64 `json:"size"`
	Sharpness *float64 `json:"sharpness"`
	Threshold float64  `json:"threshold"`
	Rule      Rule     `json:"rule"`
	// Episode lists the events whose effects cannot be told apart from this one's: EffectLog is of all together.
	Episode []string `json:"episode,omitempty"`
	// Joint are the events within NeighbourDays estimated together; nil where the event stands alone.
	Joint *Joint `json:"joint,omitempty"`
	// Hours is the effect by the hour, with a grade of its own; nil where it was not asked for.
	Hours *HourEffect `json:"hours,omitempty"`

	// Measured is the other registered estimate, as measured: the days after against the median of the
	// same weekday in the BeforeDays before, with a block bootstrap. Control is the same with
	// the median of the unaffected countries taken off. They take no part in the grade.
	Measured Control `json:"measured"`
	Control  Control `json:"control"`

	// PTime is the one-sided p of the placebo in time in the asked direction (PTimeOutcome says
	// of which outcome), NTime its dates, NTimeEffective about how many of them are independent,
	// PTimeFloor the least value it can take.
	PTime          *float64    `json:"p_time"`
	NTime          int         `json:"n_time"`
	NTimeEffective int         `json:"n_time_effective"`
	PTimeFloor     *float64    `json:"p_time_floor"`
	PTimeOutcome   string      `json:"p_time_outcome"`
	PTimeMode      PlaceboMode `json:"p_time_mode"`
	QTime          *float64    `json:"q_time"`
	Tests          int         `json:"tests"`

	// PSpace is the one-sided p of the placebo in space among NSpace countries.
	PSpace      *float64 `json:"p_space"`
	NSpace      int      `json:"n_space"`
	PSpaceFloor *float64 `json:"p_space_floor"`
	PSpaceRank  int      `json:"p_space_rank"`

	// PCount is the exact Poisson or negative binomial p of a small count; null otherwise.
	PCount *float64 `json:"p_count"`

	Asked     Direction `json:"asked"`
	Direction Direction `json:"direction"`
	// Onset is the first day of an alarm near the event (OnsetBy alarm), or the day of
	// the jump that dates the change (OnsetBy jump); OnsetDays is its distance from the event.
	Onset     string `json:"onset"`
	OnsetBy   string `json:"onset_by"`
	OnsetDays *int   `json:"onset_days"`
	// POnset is the chance that an alarm without a cause begins in the onset window, from how
	// often they began in this country before.
	POnset *float64 `json:"p_onset"`

	ValidDays int `json:"valid_days"`
	// CoverageChange is the mean coverage after over before; null where coverage is unknown.
	CoverageChange *float64        `json:"coverage_change"`
	Shape          Shape           `json:"shape"`
	Course         *Course         `json:"course,omitempty"`
	Anticipation   *Anticipation   `json:"anticipation,omitempty"`
	Sensitivity    []SensitivityAt `json:"sensitivity,omitempty"`
	Secondary      []Secondary     `json:"secondary,omitempty"`
	// Evidence is what was looked at in addition to the series.
	Evidence []Finding `json:"evidence,omitempty"`

	Grade   Grade    `json:"grade"`
	Reasons []string `json:"reasons"`
}

// Control is an effect after the common factor.
type Control struct {
	EffectLog *float64 `json:"effect_log"`
	EffectPct *float64 `json:"effect_pct"`
	CILow     *float64 `json:"ci_low"`
	CIHigh    *float64 `json:"ci_high"`
	Countries int      `json:"countries"`
	// Who are the controls, in the event's own country.
	Who []string `json:"who,omitempty"`
	// Days of the window that entered.
	Days int `json:"days"`
}

// Anticipation is the effect between announcement and enforcement, tested apart.
type Anticipation struct {
	Announced string   `json:"announced"`
	Days      int      `json:"days"`
	EffectLog *float64 `json:"effect_log"`
	PTime     *float64 `json:"p_time"`
	NTime     int      `json:"n_time"`
}

// SensitivityAt is the effect with other windows; it is printed, never searched.
type SensitivityAt struct {
	BeforeDays int      `json:"before_days"`
	AfterDays  int      `json:"after_days"`
	EffectLog  *float64 `json:"effect_log"`
	PTime      *float64 `json:"p_time"`
	NTime      int      `json:"n_time"`
}

// Result is what Analyze gives.
type Result struct {
	Effects []Effect `json:"effects"`
	Alarms  []Alarm  `json:"alarms"`
}
