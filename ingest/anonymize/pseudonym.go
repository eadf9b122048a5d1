package anonymize

import (
	"crypto/cipher"
	"encoding/binary"
	"reflect"
	"sync"

	"github.com/banshift/banshift/schemas"
)

// Pseudonymizer maps addresses to pseudonyms. It caches day keys and is not safe for
// concurrent use, but [Keys.Rotate] may take its keys at any time.
type Pseudonymizer struct {
	keys    *Keys
	expire  bool       // keys of days are destroyed
	mu      sync.Mutex // of what follows, where they are
	days    map[int64]cipher.Block
	last    int64
	block   cipher.Block
	in, out [16]byte
}

// maxDayKeys bounds how many day keys are in memory at once.
const maxDayKeys = 64

// NewPseudonymizer derives from keys as days come up.
func NewPseudonymizer(keys *Keys) *Pseudonymizer {
	p := &Pseudonymizer{keys: keys, days: map[int64]cipher.Block{}, expire: keys.master == nil}
	if p.expire {
		keys.mu.Lock()
		defer keys.mu.Unlock()
		keys.users = append(keys.users, p)
	}
	return p
}

// Client gives the pseudonym of an address (16 bytes, IPv4 as IPv4-mapped IPv6) on
// the UTC day of a time in ms: the first 64 bits of AES-128 under the day's key, a
// pseudorandom function on single blocks. The same address has one pseudonym a day
// and cannot be linked across days without the key.
func (p *Pseudonymizer) Client(addr [16]byte, ms int64) (uint64, error) {
	if p.expire {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	day := schemas.Day(ms)
	if p.block == nil || day != p.last {
		if err := p.turnTo(day); err != nil {
			return 0, err
		}
	}
	p.in = addr
	p.block.Encrypt(p.out[:], p.in[:])
	return binary.BigEndian.Uint64(p.out[:8]), nil
}

func (p *Pseudonymizer) turnTo(day int64) error {
	block, known := p.days[day]
	if !known {
		var err error
		if block, err = p.keys.day(day); err != nil {
			return err
		}
		if len(p.days) == maxDayKeys {
			clear(p.days)
		}
		p.days[day] = block
	}
	p.last, p.block = day, block
	return nil
}

// destroy wipes the keys of the days before one.
func (p *Pseudonymizer) destroy(before int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for day, block := range p.days {
		if day >= before {
			continue
		}
		wipe(block)
		delete(p.days, day)
		if day == p.last {
			p.block = nil
		}
	}
	p.in, p.out = [16]byte{}, [16]byte{}
}

// wipe overwrites a cipher's key schedule, whose beginning is the key itself. Nobody may use it.
func wipe(block cipher.Block) {
	if v := reflect.ValueOf(block); v.Kind() == reflect.Pointer {
		v.Elem().SetZero()
	}
}
