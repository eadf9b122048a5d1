package changepoint

import "math"

// CUSUM is a two-sided cumulative sum for live alarms on standardised residuals. It
// knows its state: an alarm is raised once, and again only after the residuals have come
// back. Source: Page, Biometrika 41, 1954; Hawkins and Olwell, Cumulative Sum Charts, 1998.
type CUSUM struct {
	// Slack is what is taken off each step (half of the shift to find), Limit raises the alarm,
	// both in standard deviations; Most is what one step may add, so that with Most below Limit none
	// raises one alone; Calm is the number of steps within Slack that end it.
	Slack, Limit, Most float64
	Calm               int

	State
}

// State is what a CUSUM remembers.
type State struct {
	Up    float64 `json:"up"`
	Down  float64 `json:"down"`
	In    int     `json:"in"`    // +1 or -1 while in alarm
	Quiet int     `json:"quiet"` // steps within Slack since the last one outside, while in alarm
}

// Next takes a standardised residual and gives +1 or -1 on the step on which an alarm
// begins, 0 otherwise. A missing step (NaN) changes nothing.
func (c *CUSUM) Next(z float64) int {
	if math.IsNaN(z) {
		return 0
	}
	if c.In != 0 {
		c.end(z)
		return 0
	}
	c.Up = math.Max(0, c.Up+math.Min(z-c.Slack, c.Most))
	c.Down = math.Max(0, c.Down+math.Min(-z-c.Slack, c.Most))
	switch {
	case c.Up > c.Limit:
		c.In = 1
	case c.Down > c.Limit:
		c.In = -1
	}
	return c.In
}

// end ends the alarm after Calm steps within Slack of the baseline.
func (c *CUSUM) end(z float64) {
	c.Quiet++
	if float64(c.In)*z > c.Slack {
		c.Quiet = 0
	}
	if c.Quiet >= c.Calm {
		c.State = State{}
	}
}
