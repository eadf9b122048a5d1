// Package budget keeps account of the privacy that releases of a data set have spent, and of
// what was released for it.
//
// The unit is a client-day, so that days, and countries within a day, are accounted for apart:
// they are of different clients. Losses of several releases of one part add up (basic
// composition: Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014,
// section 3.5). What was released of a part is kept, and given again for nothing, whatever
// became of the data: noise that is drawn anew for each asking can be averaged away, and noise
// that is the same over other data tells their difference.
//
// The ledger is appended to and never rewritten. Each line is authenticated with the one before
// it under a secret of the data set (HMAC-SHA-256), and how long it is stands in a second file,
// so that a line that was changed, moved or taken off the end is detected. It must never
// hold a count that was not released.
package budget

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Part is what is accounted for by itself: the clients of a country on a UTC day.
type Part struct {
	Country string `json:"country"`
	Day     string `json:"day"` // 2006-01-02
}

func (p Part) String() string { return cmp.Or(p.Country, "an unknown country") + " on " + p.Day }

// Released is what was released of a part.
type Released struct {
	Part
	Rows json.RawMessage `json:"rows"`
}

// Entry is one release in the ledger.
type Entry struct {
	At time.Time `json:"at"`
	// Release names the question with everything that the noise depends on but the part.
	Release string     `json:"release"`
	Epsilon Epsilon    `json:"epsilon"` // spent of each part
	Delta   float64    `json:"delta"`   // the same
	Parts   []Released `json:"parts"`
}

// SpentError says that a release would spend more than there is.
type SpentError struct {
	Part              Part
	Spent, Asked, Cap Epsilon
}

func (e *SpentError) Error() string {
	return fmt.Sprintf("the privacy budget of %s is spent: %s of %s a day are gone, and %s more is asked for", e.Part, e.Spent, e.Cap, e.Asked)
}

// ErrTampered says that a ledger is not as it was written.
var ErrTampered = errors.New("the ledger of releases is not as it was written: restore it from a backup; without it nothing can say what was released")

// Ledger is an open ledger; no other program can open it meanwhile. One goroutine owns it.
type Ledger struct {
	files    files
	random   io.Reader
	lock     *os.File
	secret   []byte
	mac      []byte // of the last entry
	entries  int
	spent    map[Part]Epsilon
	released map[string]map[Part]json.RawMessage
}

// Open opens the ledger of a data set in a directory, and makes it where there is none yet. It
// waits for other programs that have it. What a program that died in the middle of a write has
// left is cleared away.
func Open(dir, dataSet string) (*Ledger, error) { return OpenWith(dir, dataSet, rand.Reader) }

// OpenWith is [Open] that takes the secret of a new ledger from random: measurements that are to be repeated.
func OpenWith(dir, dataSet string, random io.Reader) (*Ledger, error) {
	l := empty(filesOf(dir, dataSet))
	l.random = random
	var err error
	if l.lock, err = l.files.exclusive(); err != nil {
		return nil, err
	}
	if err := l.open(dataSet); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func empty(f files) *Ledger {
	return &Ledger{files: f, spent: map[Part]Epsilon{}, released: map[string]map[Part]json.RawMessage{}}
}

func (l *Ledger) open(dataSet string) error {
	var err error
	if l.secret, err = l.files.secretOf(l.random); err != nil {
		return err
	}
	l.mac = l.beginning(dataSet)
	known, err := l.files.readHead()
	if err != nil {
		return err
	}
	text, err := l.files.readLines()
	if err != nil {
		return err
	}
	if err := l.replay(text, known); err != nil {
		return err
	}
	if l.entries > known.entries {
		return l.files.writeHead(head{l.entries, l.mac})
	}
	return nil
}

// replay takes the lines of a ledger that has the entries that its head says, or one more: a program may have died between
// an entry and the note of it.
func (l *Ledger) replay(text []byte, known head) error {
	for line := range bytes.Lines(text) {
		if err := l.take(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return fmt.Errorf("%s: line %d: %w", l.files.ledger(), l.entries+1, err)
		}
		if l.entries == known.entries && !hmac.Equal(l.mac, known.mac) {
			return fmt.Errorf("%s: line %d: %w", l.files.ledger(), l.entries, ErrTampered)
		}
	}
	if l.entries != known.entries && l.entries != known.entries+1 {
		return fmt.Errorf("%s has %d entries, %s says %d: %w", l.files.ledger(), l.entries, l.files.head(), known.entries, ErrTampered)
	}
	return nil
}

// Close gives the ledger free.
func (l *Ledger) Close() error { return l.lock.Close() }

// Secret is what the noise of the data set is keyed by.
func (l *Ledger) Secret() []byte { return l.secret }

// Spent is what releases of a part have spent.
func (l *Ledger) Spent(p Part) Epsilon { return l.spent[p] }

// Released gives what a release has given of a part before.
func (l *Ledger) Released(release string, p Part) (json.RawMessage, bool) {
	rows, ok := l.released[release][p]
	return rows, ok
}

// Check fails with a [SpentError] where a release of parts would spend more than cap.
func (l *Ledger) Check(spend, most Epsilon, parts []Part) error {
	for _, p := range parts {
		if l.spent[p]+spend > most {
			return &SpentError{p, l.spent[p], spend, most}
		}
	}
	return nil
}

// Spend writes a release down before anything of it is shown. It fails with a [SpentError] where
// it would spend more than most of a part, and then writes nothing.
func (l *Ledger) Spend(e Entry, most Epsilon) error {
	seen := map[Part]bool{}
	for _, p := range e.Parts {
		if _, before := l.released[e.Release][p.Part]; before || seen[p.Part] {
			return fmt.Errorf("budget: %s was released before", p.Part)
		}
		seen[p.Part] = true
		if err := l.Check(e.Epsilon, most, []Part{p.Part}); err != nil {
			return err
		}
	}
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	mac := l.sign(l.mac, text)
	if err := l.files.append(fmt.Appendf(nil, "%x %s\n", mac, text)); err != nil {
		return err
	}
	l.add(e, mac)
	return l.files.writeHead(head{l.entries, l.mac})
}

// take reads a line: a signature, a space, an entry.
func (l *Ledger) take(line []byte) error {
	signed, text, ok := bytes.Cut(line, []byte(" "))
	mac, err := hex.DecodeString(string(signed))
	if !ok || err != nil || !hmac.Equal(mac, l.sign(l.mac, text)) {
		return ErrTampered
	}
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	l.add(e, mac)
	return nil
}

func (l *Ledger) add(e Entry, mac []byte) {
	l.mac, l.entries = mac, l.entries+1
	if l.released[e.Release] == nil {
		l.released[e.Release] = map[Part]json.RawMessage{}
	}
	for _, p := range e.Parts {
		l.spent[p.Part] += e.Epsilon
		l.released[e.Release][p.Part] = p.Rows
	}
}

// beginning is what the first entry of a data set is signed with.
func (l *Ledger) beginning(dataSet string) []byte { return l.sign(nil, []byte("data set "+dataSet)) }

// sign authenticates a text with what was signed before it.
func (l *Ledger) sign(before, text []byte) []byte {
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte("banshift ledger\x00"))
	h.Write(before)
	h.Write(text)
	return h.Sum(nil)
}
