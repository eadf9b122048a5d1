package changepoint

import "math"

// CUSUM is a two-sided cumulative sum for live alarms on standardised residuals. It
// knows its state: an alarm is raised once, and again only after the residuals have come
// back. Source: Page, Biometrika 41, 1954; Hawkins and Olwell, Cumulative Sum Charts, 1998.
type CUSUM struct {
	// Slack is what is taken off each day (half of the shift to find), Limit raises the alarm,
	// both in standard deviations; Calm is the number of days within Slack that end it.
	Slack, Limit float64
	Calm         int

	up, down float64
	state    int // +1 or -1 while in alarm
	calm     int
}

// NewCUSUM finds shifts of one standard deviation: about one false alarm in 465 days of
// independent normal residuals (k = 1/2, h = 5).
func NewCUSUM() *CUSUM { return &CUSUM{Slack: .5, Limit: 5, Calm: 3} }

// Next takes a standardised residual and gives +1 or -1 on the day on which an alarm
// begins, 0 otherwise. A missing day (NaN) changes nothing.
func (c *CUSUM) Next(z float64) int {
	if math.IsNaN(z) {
		return 0
	}
	c.up = math.Max(0, c.up+z-c.Slack)
	c.down = math.Max(0, c.down-z-c.Slack)
	if c.state != 0 {
		c.settle(z)
		return 0
	}
	switch {
	case c.up > c.Limit:
		c.state = 1
	case c.down > c.Limit:
		c.state = -1
	}
	return c.state
}

// InAlarm gives the direction of the alarm that is on, 0 of none.
func (c *CUSUM) InAlarm() int { return c.state }

// settle ends the alarm after Calm days within Slack of the baseline.
func (c *CUSUM) settle(z float64) {
	c.calm++
	if float64(c.state)*z > c.Slack {
		c.calm = 0
	}
	if c.calm >= c.Calm {
		c.up, c.down, c.state, c.calm = 0, 0, 0, 0
	}
}
