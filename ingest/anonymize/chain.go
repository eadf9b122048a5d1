package anonymize

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/banshift/banshift/schemas"
)

// chainMark begins a file of day keys.
const chainMark = "banshift day keys 1\n"

const (
	// keptDays is how many days before today have a key: those that ended less than 48 h ago.
	keptDays = 2
	// aheadDays is how many days behind today a key is derived for: sensors' clocks differ.
	aheadDays = 2
	// longestAbsence is how many days a chain goes forward at once; a clock that asks for
	// more is taken for wrong, because going forward cannot be undone.
	longestAbsence = 400
)

// errDestroyed says that a day has no key any more, or none yet.
var errDestroyed = errors.New("a chain of day keys has today's, those of days that ended less than 48 h ago, and no other")

// chain is the keys of some days and the secret that those of all later days follow from.
// Nothing in it tells an earlier one: each secret is HKDF-SHA-256 of the one before it.
type chain struct {
	id      string
	follows string // ID of the master key that has the same first days; empty: none
	days    map[int64][]byte
	next    int64  // the first day that has no key of its own in days
	state   []byte // what the keys of next and later days follow from
	names   []byte // what names of files and sensors are replaced by
}

// MakeChain makes a chain of day keys at file, which must not exist. Days up to today keep
// the keys that master gives them, so that nobody is counted twice; the days to come follow
// from a new random secret, and master cannot tell their keys. master may be nil.
func MakeChain(file string, master *Keys, now time.Time) (*Keys, error) {
	today := schemas.Day(now.UnixMilli())
	c := &chain{days: map[int64][]byte{}, next: today + 1, state: random(MasterKeyBytes)}
	c.id, c.names = fingerprint(c.state), random(MasterKeyBytes)
	if master != nil {
		c.follows, c.names = master.ID(), master.namesKey()
	}
	for day := today - keptDays; day <= today; day++ {
		key := random(dayKeyBytes)
		if master != nil {
			var err error
			if key, err = master.dayKey(day); err != nil {
				return nil, fmt.Errorf("key of %s: %w", dateOf(day), err)
			}
		}
		c.days[day] = key
	}
	keys := &Keys{chain: c, file: chainFile{path: file, now: func() time.Time { return now }}}
	if err := keys.file.create(c); err != nil {
		return nil, err
	}
	return keys, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}

// key gives a copy of the key of a day.
func (c *chain) key(day int64) ([]byte, error) {
	if key, ok := c.days[day]; ok {
		return slices.Clone(key), nil
	}
	if day < c.next || day >= c.next+aheadDays {
		return nil, errDestroyed
	}
	state := slices.Clone(c.state)
	for at := c.next; at < day; at++ {
		next := step(state)
		clear(state)
		state = next
	}
	defer clear(state)
	return deriveDay(state, day), nil
}

// step gives the secret of the day behind the one that a secret is of.
func step(state []byte) []byte { return derive(state, "next", MasterKeyBytes) }

// forward gives today a key of its own and destroys those of days that ended 48 h ago. It
// reports whether anything changed.
func (c *chain) forward(today int64) (changed bool, err error) {
	if today-c.next > longestAbsence {
		return false, fmt.Errorf("the clock says %s and the day keys go on from %s: is the clock right? A chain cannot go back; if it is, make a new one", dateOf(today), dateOf(c.next))
	}
	for c.next <= today {
		key, next := deriveDay(c.state, c.next), step(c.state)
		clear(c.state)
		c.days[c.next], c.state = key, next
		c.next++
		changed = true
	}
	for day, key := range c.days {
		if day < today-keptDays {
			clear(key)
			delete(c.days, day)
			changed = true
		}
	}
	return changed, nil
}

// wipe overwrites everything secret.
func (c *chain) wipe() {
	clear(c.state)
	clear(c.names)
	for _, key := range c.days {
		clear(key)
	}
}

// text writes a chain down.
func (c *chain) text() []byte {
	out := make([]byte, 0, 1024)
	out = fmt.Appendf(out, "%sid %s\n", chainMark, c.id)
	if c.follows != "" {
		out = fmt.Appendf(out, "follows %s\n", c.follows)
	}
	out = append(hex.AppendEncode(append(out, "names "...), c.names), '\n')
	for _, day := range slices.Sorted(maps.Keys(c.days)) {
		out = fmt.Appendf(out, "%s key ", dateOf(day))
		out = append(hex.AppendEncode(out, c.days[day]), '\n')
	}
	out = fmt.Appendf(out, "%s chain ", dateOf(c.next))
	return append(hex.AppendEncode(out, c.state), '\n')
}

// parseChain reads what text wrote.
func parseChain(text []byte) (*chain, error) {
	rest, ok := bytes.CutPrefix(text, []byte(chainMark))
	if !ok {
		return nil, errors.New("no file of day keys")
	}
	c := &chain{days: map[int64][]byte{}}
	for line := range bytes.Lines(rest) {
		if err := c.parseLine(bytes.Fields(line)); err != nil {
			return nil, err
		}
	}
	if c.id == "" || c.state == nil || len(c.names) != MasterKeyBytes {
		return nil, errors.New("the file of day keys is cut off")
	}
	return c, nil
}

func (c *chain) parseLine(fields [][]byte) error {
	switch {
	case len(fields) == 2 && string(fields[0]) == "id":
		c.id = string(fields[1])
		return nil
	case len(fields) == 2 && string(fields[0]) == "follows":
		c.follows = string(fields[1])
		return nil
	case len(fields) == 2 && string(fields[0]) == "names":
		c.names = make([]byte, hex.DecodedLen(len(fields[1])))
		_, err := hex.Decode(c.names, fields[1])
		return err
	case len(fields) != 3:
		return errors.New("a line of day keys is not DATE key|chain SECRET")
	}
	date, err := time.Parse(time.DateOnly, string(fields[0]))
	if err != nil {
		return errors.New("a line of day keys does not begin with a date")
	}
	secret := make([]byte, hex.DecodedLen(len(fields[2])))
	if _, err := hex.Decode(secret, fields[2]); err != nil {
		return fmt.Errorf("day key of %s is not hexadecimal", fields[0])
	}
	day := schemas.Day(date.UnixMilli())
	switch kind := string(fields[1]); {
	case kind == "key" && len(secret) == dayKeyBytes:
		c.days[day] = secret
	case kind == "chain" && len(secret) == MasterKeyBytes:
		c.next, c.state = day, secret
	default:
		return fmt.Errorf("day key of %s has %d bytes", fields[0], len(secret))
	}
	return nil
}
