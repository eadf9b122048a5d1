package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/watch/deliver"
)

// Subscription is who is told of which alarms, how and when. An empty list stands for all.
type Subscription struct {
	Name      string
	Countries []string // lower-case ISO codes
	Networks  []uint32 // AS numbers
	Tools     []string
	Services  []string
	Kinds     []string // rise, drop, unblocking
	// Quiet are times of the day during which nothing is sent; what was found then is sent after them.
	Quiet Hours
	// Digest is the time of the day at which all of the day before is sent at once; nil: each by itself.
	Digest *time.Duration
	Zone   *time.Location
	// Channels are where it is sent to.
	Channels []deliver.Channel
}

// Hours are a part of each day, over midnight where To lies before From; both 0: none.
type Hours struct{ From, To time.Duration }

// ParseHours reads "22:00-07:00"; empty: none.
func ParseHours(text string) (Hours, error) {
	if text == "" {
		return Hours{}, nil
	}
	from, to, both := strings.Cut(text, "-")
	var h Hours
	var err, err2 error
	h.From, err = ParseTime(from)
	h.To, err2 = ParseTime(to)
	if !both || err != nil || err2 != nil || h.From == h.To {
		return Hours{}, fmt.Errorf("%q: want two times of the day, as 22:00-07:00", text)
	}
	return h, nil
}

// ParseTime reads a time of the day, as 08:30.
func ParseTime(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q: want a time of the day, as 08:30", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

// ofDay is the time of the day on the clock of a zone.
func ofDay(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}

// in reports whether a time of the day lies in the hours.
func (h Hours) in(at time.Duration) bool {
	if h.From <= h.To {
		return h.From <= at && at < h.To
	}
	return at >= h.From || at < h.To
}

// ParseKind reads a kind of alarms.
func ParseKind(text string) (string, error) {
	if !slices.Contains([]string{rise, drop, unblocking}, text) {
		return "", fmt.Errorf("kind %q: want rise, drop or unblocking", text)
	}
	return text, nil
}

// wants reports whether an alarm is of the subscription. What is a part of an alarm of the whole country is sent only to
// who named its tool or network.
func (s Subscription) wants(a load.Alarm) bool {
	in := func(list []string, x string) bool { return len(list) == 0 || slices.Contains(list, x) }
	if !in(s.Countries, a.Country) || !in(s.Kinds, a.Kind) {
		return false
	}
	named := len(s.Networks)+len(s.Tools)+len(s.Services) > 0
	if !named {
		return a.Within == ""
	}
	return slices.Contains(s.Networks, a.ASN) && a.ASN != 0 || slices.Contains(s.Tools, a.Tool) && a.Tool != "" || slices.Contains(s.Services, a.Service) && a.Service != ""
}
