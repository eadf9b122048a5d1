package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// StuckAfter is how long a piece of work may take without progress, or a stage fail again and again, before
// the stage counts as stuck.
const StuckAfter = 45 * time.Second

// Board has the stages of a program.
type Board struct {
	clock  func() time.Time
	hide   func(string) string
	mu     sync.Mutex
	stages []*Stage
}

// NewBoard makes a board; its clock is the only one that it looks at. hide takes out of errors what others must
// not see.
func NewBoard(clock func() time.Time, hide func(string) string) *Board {
	return &Board{clock: clock, hide: hide}
}

// Trouble is a stage that does not go on, and why.
type Trouble struct{ Stage, Why string }

// Stage gives the stage of a name, which is made where it is new. The order of the first calls is
// the order in which troubles are named: what others wait for comes first.
func (b *Board) Stage(name string) *Stage {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.stages {
		if s.name == name {
			return s
		}
	}
	s := &Stage{name: name, clock: b.clock, hide: b.hide, tasks: map[int64]time.Time{}}
	b.stages = append(b.stages, s)
	return s
}

// Stages gives all stages.
func (b *Board) Stages() []*Stage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.stages)
}

// Troubles gives the stages that are stuck or dead.
func (b *Board) Troubles() []Trouble {
	var all []Trouble
	for _, s := range b.Stages() {
		if why := s.Trouble(); why != "" {
			all = append(all, Trouble{s.name, why})
		}
	}
	return all
}

// Stage is one of the things that a program does all the time. The methods of nil do nothing. It is
// safe for concurrent use.
type Stage struct {
	name  string
	clock func() time.Time
	hide  func(string) string

	mu       sync.Mutex
	tasks    map[int64]time.Time // when each that is under way began or came on last
	next     int64
	running  int
	dead     bool
	done     int64
	failures int64
	failure  string // the last one
	failing  int    // pieces of work that failed since one succeeded
	since    time.Time
	success  time.Time
	took     durations
}

// Work notes that a piece of work begins. It is over when done is called, and comes on each time
// that progress is.
func (s *Stage) Work() (progress func(), done func(error)) {
	if s == nil {
		return func() {}, func(error) {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, began := s.next, s.clock()
	s.next++
	s.tasks[id] = began
	progress = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, open := s.tasks[id]; open {
			s.tasks[id] = s.clock()
		}
	}
	return progress, func(err error) { s.end(id, began, err) }
}

func (s *Stage) end(id int64, began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tasks, id)
	now := s.clock()
	s.took.add(now.Sub(began))
	s.done++
	if err != nil {
		s.failures++
		if s.failing++; s.failing == 1 {
			s.since = now
		}
		// Work that was broken off because other work failed tells less than that.
		if s.failing == 1 || !errors.Is(err, context.Canceled) {
			s.failure = s.hide(err.Error())
		}
		return
	}
	s.success, s.failing = now, 0
}

// Run notes that something works at the stage until stopped is called: ended says that this was to be
// so, else the stage is dead once nothing works at it.
func (s *Stage) Run() (stopped func(ended bool)) {
	if s == nil {
		return func(bool) {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	s.dead = false
	return func(ended bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
		s.dead = s.running == 0 && !ended
	}
}

// Trouble says why the stage does not go on; empty: it does.
func (s *Stage) Trouble() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return "it has ended while the program goes on" + s.lastFailure()
	}
	var longest time.Duration
	now := s.clock()
	for _, since := range s.tasks {
		longest = max(longest, now.Sub(since))
	}
	if failing := now.Sub(s.since); s.failing > 1 && failing >= StuckAfter {
		return fmt.Sprintf("it has failed for %s%s", failing.Truncate(time.Second), s.lastFailure())
	}
	if longest < StuckAfter {
		return ""
	}
	return fmt.Sprintf("no progress for %s%s", longest.Truncate(time.Second), s.lastFailure())
}

// lastFailure is what went wrong last, to be put behind a trouble. The caller holds s.mu.
func (s *Stage) lastFailure() string {
	if s.failure == "" {
		return ""
	}
	return "; last error: " + s.failure
}

// Account is what a stage did so far.
type Account struct {
	Stage          string
	Done, Failures int64
	UnderWay       int
	Success        time.Time // of the last piece of work that succeeded; zero: none did
	Took           durations
}

// Account gives what the stage did so far.
func (s *Stage) Account() Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Account{s.name, s.done, s.failures, len(s.tasks), s.success, s.took}
}

// bounds are the upper ends of the buckets in which durations are counted, in seconds.
var bounds = [...]float64{0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// durations count by their length.
type durations struct {
	buckets [len(bounds)]uint64 // as many as the bound or shorter
	count   uint64
	seconds float64
}

func (d *durations) add(took time.Duration) {
	s := took.Seconds()
	d.count++
	d.seconds += s
	for i, bound := range bounds {
		if s <= bound {
			d.buckets[i]++
		}
	}
}
