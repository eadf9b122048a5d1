package monitor

import (
	"sync"
	"time"
)

// Lags has how far the partitions are behind that this program reads. It is safe for concurrent use.
type Lags struct {
	clock func() time.Time
	mu    sync.Mutex
	of    map[partition]heard
}

type partition struct {
	topic string
	id    int32
}

type heard struct {
	stored, end int64
	last        time.Time
}

// NewLags makes an empty one.
func NewLags(clock func() time.Time) *Lags { return &Lags{clock: clock, of: map[partition]heard{}} }

// Hear notes up to which offset a partition is stored, where it ends, and the time of the last record that
// was read of it, zero where there is none yet.
func (l *Lags) Hear(topic string, id int32, stored, end int64, last time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[partition{topic, id}] = heard{stored, end, last}
}

// Leave forgets a partition that another program reads now.
func (l *Lags) Leave(topic string, id int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.of, partition{topic, id})
}

// All gives the lags, in no order.
func (l *Lags) All() []Lag {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Lag
	for p, h := range l.of {
		lag := Lag{Topic: p.topic, Partition: p.id, Records: max(0, h.end-h.stored)}
		if lag.Records > 0 && !h.last.IsZero() {
			lag.Age = max(0, l.clock().Sub(h.last))
		}
		all = append(all, lag)
	}
	return all
}

// Sum is the lag of all partitions in records, and the greatest in time.
func (l *Lags) Sum() (records int64, age time.Duration) {
	for _, lag := range l.All() {
		records += lag.Records
		age = max(age, lag.Age)
	}
	return records, age
}
