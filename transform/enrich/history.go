package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"
)

// LookBack is how long before a list's state its entries are believed where no other state
// says otherwise: who is on a list tonight was there this afternoon.
const LookBack = 7 * 24 * time.Hour

// Version is a state of a list that is fetched again and again.
type Version struct {
	Path string
	Data []byte // replaces Path where the list is in memory
	// From is the first time that the state describes, AsOf the last.
	From, AsOf time.Time
}

// statement is what a list says, without the times that follow from its states.
type statement struct {
	prefix netip.Prefix // of an address, else name
	name   string
	exact  bool
	entry  Entry
}

// run are the states in a row that have a statement.
type run struct{ first, last int }

// history puts the states of a list together: a statement holds from its first state, or
// LookBack before it but not before the state that had it not, until the first state that has
// it no more. Its age counts from the last state that has it.
type history struct {
	from  []int64 // the first time of each state, ms, ascending
	asOf  []int64 // the last one
	state int     // that is read now
	runs  map[statement]run
	ended []endedRun
}

type endedRun struct {
	statement
	run
}

// note takes a statement of the state that is read.
func (h *history) note(s statement) {
	if s.entry.ValidTo == forever && s.entry.ValidFrom == h.from[h.state] {
		s.entry.ValidFrom = 0 // follows from the states
	}
	s.entry.AsOf = 0
	r, known := h.runs[s]
	switch {
	case !known:
		r = run{h.state, h.state}
	case r.last < h.state-1:
		h.ended = append(h.ended, endedRun{s, r})
		r = run{h.state, h.state}
	default:
		r.last = h.state
	}
	h.runs[s] = r
}

// dated gives the entry of a statement in a run of states.
func (h *history) dated(s statement, r run) Entry {
	e := s.entry
	if e.ValidFrom == 0 {
		e.ValidFrom = h.from[r.first] - LookBack.Milliseconds()
		if r.first > 0 {
			e.ValidFrom = max(e.ValidFrom, h.asOf[r.first-1])
		}
	}
	e.AsOf = max(h.asOf[r.last], e.ValidFrom)
	if r.last < len(h.from)-1 && h.from[r.last+1] < e.ValidTo {
		e.Ages = e.ValidTo == forever
		e.ValidTo = h.from[r.last+1]
	}
	return e
}

// addTo hands all statements on.
func (h *history) addTo(b *builder) error {
	for s, r := range h.runs {
		h.ended = append(h.ended, endedRun{s, r})
	}
	for _, s := range h.ended {
		e := h.dated(s.statement, s.run)
		if s.prefix.IsValid() {
			b.addPrefix(s.prefix, e)
			continue
		}
		if err := b.addName(s.name, s.exact, e); err != nil {
			return err
		}
	}
	return nil
}

// loadHistory reads the states of src into b, as one list.
func (b *builder) loadHistory(src ListSource) error {
	h := &history{runs: map[statement]run{}}
	for _, v := range src.Versions {
		h.from, h.asOf = append(h.from, v.From.UnixMilli()), append(h.asOf, v.AsOf.UnixMilli())
	}
	if src.Name == "" {
		src.Name = filepath.Base(src.Path)
	}
	list, whole := uint16(len(b.lists.info)), sha256.New()
	b.lists.info = append(b.lists.info, ListInfo{Name: src.Name, Kept: true})
	for i, v := range src.Versions {
		data := v.Data
		if data == nil {
			var err error
			if data, err = b.read(v.Path); err != nil {
				return fmt.Errorf("list: %w", err)
			}
		}
		sum := sha256.Sum256(data)
		whole.Write(sum[:])
		h.state = i
		r := &reader{builder: b, src: src, list: list, times: map[string]int64{}, history: h}
		r.src.AsOf = v.From
		if r.src.Format == "" {
			r.src.Format = recognise(data)
		}
		if err := r.read(data); err != nil {
			return fmt.Errorf("list %s (%s), its state of %s: %w", src.where(), r.src.Format, v.From.UTC().Format(time.RFC3339), err)
		}
		info := &b.lists.info[list]
		info.AsOf, info.Entries, info.Skipped = v.AsOf, r.entries, r.skipped
	}
	b.lists.info[list].SHA256 = hex.EncodeToString(whole.Sum(nil)[:6])
	return h.addTo(b)
}
