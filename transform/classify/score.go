package classify

import (
	"math"
	"math/bits"

	"github.com/banshift/banshift/schemas"
)

// hit is a rule that fired, with what it spoke about.
type hit struct {
	rule          uint16
	tool, service int16
	entry         int32 // the list's entry, -1: none
}

// account sums the evidence for one tool or service.
type account struct {
	pos, neg      [numFamilies]int32 // strongest for and against, tenths of a deciban
	own           bool               // a rule that is not merely supporting speaks for it
	deterministic bool
	touched       bool
	solid         uint16 // families in which more than a name speaks for it
}

func (a *account) add(r *rule) {
	if r.db > 0 {
		a.pos[r.family] = max(a.pos[r.family], r.db)
		if !r.nameAlone {
			a.solid |= 1 << r.family
		}
		a.own = a.own || !r.supporting
		a.deterministic = a.deterministic || r.deterministic
	} else {
		a.neg[r.family] = min(a.neg[r.family], r.db)
	}
}

// score is what the evidence for one tool amounts to.
type score struct {
	tool          int16
	db            int32  // prior and evidence, tenths of a deciban
	families      uint16 // families that speak for it
	solid         uint16 // of them, those in which more than a name does
	deterministic bool
}

// within is the distance in tenths of a deciban under which two tools are not told apart.
const within = 60

// total adds the evidence of a tool and of the classes above it: what speaks for VPNs
// as such speaks for each VPN for which something of its own speaks too.
func (w *worker) total(tool int16, prior int32) score {
	s := score{tool: tool, db: prior}
	pos, neg := w.tools[tool].pos, w.tools[tool].neg
	s.deterministic, s.solid = w.tools[tool].deterministic, w.tools[tool].solid
	for _, parent := range w.c.pack.ancestry[tool] {
		a := &w.tools[parent]
		if !a.touched {
			continue
		}
		s.solid |= a.solid
		for f := range pos {
			pos[f], neg[f] = max(pos[f], a.pos[f]), min(neg[f], a.neg[f])
		}
	}
	for f := range pos {
		s.db += pos[f] + neg[f]
		if pos[f] > 0 {
			s.families |= 1 << f
		}
	}
	return s
}

// level turns a score into a level: see docs on classification for the reasons.
func (s score) level() schemas.Level {
	if s.db < atPossible {
		return schemas.Unclassified
	}
	solid := s.families & s.solid
	if solid&^circumstantial == 0 && !s.deterministic {
		return schemas.Possible
	}
	switch {
	case s.db < atLikely:
		return schemas.Possible
	case s.db < atConfirmed:
		return schemas.Likely
	case s.deterministic:
		return schemas.Confirmed
	case bits.OnesCount16(solid) < 2 || solid&strong == 0:
		return schemas.Likely
	}
	return schemas.Confirmed
}

// verdict is what a row is called.
type verdict struct {
	tool    int16 // -1: none
	service int16 // -1: unknown
	p       float32
	level   schemas.Level
	best    score
	// merged says that the tool is a class because rivals were too close.
	merged bool
}

// decide weighs the accounts of the row.
func (w *worker) decide() verdict {
	v := verdict{tool: -1, service: w.decideService()}
	w.scores = w.scores[:0]
	for _, t := range w.touched {
		if w.tools[t].own {
			w.scores = append(w.scores, w.total(t, w.priorDB(t)))
		}
	}
	if len(w.scores) == 0 {
		return v
	}
	best := w.scores[0]
	for _, s := range w.scores[1:] {
		if s.db > best.db || s.db == best.db && s.tool < best.tool {
			best = s
		}
	}
	v.best, v.p, v.level = best, probability(best.db), min(best.level(), w.c.pack.ceilings[best.tool])
	if v.level == schemas.Unclassified {
		return v
	}
	v.tool = best.tool
	for _, s := range w.scores {
		if best.db-s.db < within {
			v.tool = w.c.pack.common(v.tool, s.tool)
		}
	}
	v.merged = v.tool != best.tool
	if v.tool < 0 { // nothing holds all of them
		v.level = schemas.Unclassified
	}
	return v
}

// common is the nearest class that holds both; a class holds itself.
func (p *Pack) common(a, b int16) int16 {
	if a == b || a < 0 || b < 0 {
		return min(a, b)
	}
	for x := a; ; {
		for y := b; ; {
			if x == y {
				return x
			}
			next, ok := p.parent(y)
			if !ok {
				break
			}
			y = next
		}
		next, ok := p.parent(x)
		if !ok {
			return -1
		}
		x = next
	}
}

func (p *Pack) parent(t int16) (int16, bool) {
	if len(p.ancestry[t]) == 0 {
		return -1, false
	}
	return p.ancestry[t][0], true
}

// decideService names the service for which at least even odds speak, if no other comes near.
func (w *worker) decideService() int16 {
	best, second := int16(-1), int32(math.MinInt32)
	bestDB := int32(math.MinInt32)
	for _, s := range w.touchedServices {
		db := w.c.prior
		a := &w.services[s]
		for f := range a.pos {
			db += a.pos[f] + a.neg[f]
		}
		switch {
		case db > bestDB:
			best, bestDB, second = s, db, bestDB
		case db > second:
			second = db
		}
	}
	if best < 0 || bestDB < atPossible || bestDB-second < within && second >= atPossible {
		return -1
	}
	return best
}

// Scores in tenths of a deciban at which the levels begin: even odds, p = 0.80
// (10 log10 4 = 6.02 dB) and p = 0.99 (10 log10 99 = 19.96 dB).
const (
	atPossible  = 0
	atLikely    = 61
	atConfirmed = 200
)

// probability is the posterior of a score in tenths of a deciban.
func probability(db int32) float32 {
	return float32(1 / (1 + math.Pow(10, -float64(db)/100)))
}
