package schemas

import (
	"fmt"
	"strings"
)

// Level says how sure a verdict is (thresholds: docs/explanation/classification.md).
type Level uint8

// Levels from none to the surest.
const (
	Unclassified Level = iota // p < 0.50
	Possible                  // p >= 0.50
	Likely                    // p >= 0.80
	Confirmed                 // p >= 0.99 and two families of evidence
)

var levelNames = [...]string{"unclassified", "possible", "likely", "confirmed"}

// String gives the level's lower-case name.
func (l Level) String() string { return levelNames[l] }

// ParseLevel gives the level of a name.
func ParseLevel(name string) (Level, error) {
	for i, n := range levelNames {
		if n == name {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("unknown level %q: want one of %s", name, strings.Join(levelNames[:], ", "))
}

// LenSemantics says what a source counts as the length of a packet.
type LenSemantics uint8

// What lengths and byte counts include; rules on sizes refuse LenUnknown.
const (
	LenUnknown   LenSemantics = iota
	LenL4Payload              // UDP or TCP payload only
	LenIPTotal                // IP packet with headers
)

// Orientation says how it was decided which end is the client.
type Orientation uint8

// Ways of deciding, from the surest to the weakest.
const (
	OrientedUnknown   Orientation = iota
	OrientedHome                  // exactly one end lies in the configured home prefixes
	OrientedInitiator             // the source format names the initiator
	OrientedPort                  // by port numbers
)
