// Package deliver carries messages about alarms out of the house: to a webhook, by e-mail, to a command. It sends
// what it is given and nothing else, follows no redirection, and tells no secret in its errors.
package deliver

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Message is what one subscriber is told at once.
type Message struct {
	Subscription string   `json:"subscription"`
	Alarms       []Notice `json:"alarms"`
}

// Notice is about one alarm. Who gets one twice (after a crash between sending and noting it) knows it by ID and About.
type Notice struct {
	ID        string     `json:"id"`
	About     string     `json:"about"` // raised or ended
	Country   string     `json:"country"`
	Network   uint32     `json:"network,omitempty"` // AS number; absent: the whole country
	Tool      string     `json:"tool,omitempty"`
	Service   string     `json:"service,omitempty"`
	Kind      string     `json:"kind"` // rise, drop or unblocking
	Began     time.Time  `json:"began"`
	Raised    time.Time  `json:"raised"`
	Ended     *time.Time `json:"ended,omitempty"`
	Title     string     `json:"title"`
	Text      string     `json:"text"`
	Simulated bool       `json:"simulated,omitempty"`
}

// Channel carries messages to one place.
type Channel interface {
	// Send gives an error where the message may not have arrived.
	Send(ctx context.Context, m Message) error
}

// Subject is the message in one line.
func (m Message) Subject() string {
	if len(m.Alarms) == 1 {
		return "banshift: " + m.Alarms[0].Title
	}
	return fmt.Sprintf("banshift: %d alarms", len(m.Alarms))
}

// Text is the message as plain text.
func (m Message) Text() string {
	var b strings.Builder
	for _, n := range m.Alarms {
		if n.Simulated {
			b.WriteString("Simulated data. ")
		}
		fmt.Fprintf(&b, "%s\n%s\n", n.Title, n.Text)
		if n.Ended != nil && n.About == "ended" {
			fmt.Fprintf(&b, "Over at %s.\n", n.Ended.UTC().Format("15:04 UTC on 2006-01-02"))
		}
		fmt.Fprintf(&b, "Alarm %s, by subscription %s; 'banshift watch ack %s' takes note of it.\n\n", n.ID, m.Subscription, n.ID)
	}
	return b.String()
}
