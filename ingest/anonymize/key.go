package anonymize

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/banshift/banshift/schemas"
)

// MasterKeyBytes is the length of the operator's key.
const MasterKeyBytes = 32

// Keys derives the keys of days from the operator's master key. Day keys exist in
// memory only.
type Keys struct{ master []byte }

// NewKeys takes a master key of [MasterKeyBytes] bytes.
func NewKeys(master []byte) (*Keys, error) {
	if len(master) != MasterKeyBytes {
		return nil, fmt.Errorf("master key has %d bytes, want %d", len(master), MasterKeyBytes)
	}
	return &Keys{append([]byte(nil), master...)}, nil
}

// OpenKeys reads the master key (hex) from file, which must not be readable by
// others, or makes one there.
func OpenKeys(file string) (*Keys, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return createKeys(file)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key %s has mode %04o: others can read it; chmod 600 it", file, info.Mode().Perm())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	master, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("master key %s is not %d bytes in hex", file, MasterKeyBytes)
	}
	keys, err := NewKeys(master)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return keys, nil
}

func createKeys(file string) (*Keys, error) {
	master := make([]byte, MasterKeyBytes)
	rand.Read(master)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("master key %s: its directory cannot be made (a symbolic link to nothing?): %w", file, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("master key %s: a symbolic link to nothing: %w", file, err)
		}
		return OpenKeys(file)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(master) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return NewKeys(master)
}

// ID names the master key without telling anything of it, so that a store can note
// under which key its pseudonyms were made.
func (k *Keys) ID() string {
	id, err := hkdf.Key(sha256.New, k.master, nil, "id", 8)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(id)
}

// day derives the key of a UTC day (RFC 5869, info "client/<date>").
func (k *Keys) day(day int64) (cipher.Block, error) {
	date := time.UnixMilli(day * schemas.DayMS).UTC().Format(time.DateOnly)
	key, err := hkdf.Key(sha256.New, k.master, nil, "client/"+date, 16)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", date, err)
	}
	return aes.NewCipher(key)
}

// Pseudonymizer maps addresses to pseudonyms. It caches day keys and is not safe for
// concurrent use.
type Pseudonymizer struct {
	keys    *Keys
	days    map[int64]cipher.Block
	last    int64
	block   cipher.Block
	in, out [16]byte
}

// maxDayKeys bounds how many day keys are in memory at once.
const maxDayKeys = 64

// NewPseudonymizer derives from keys as days come up.
func NewPseudonymizer(keys *Keys) *Pseudonymizer {
	return &Pseudonymizer{keys: keys, days: map[int64]cipher.Block{}}
}

// Client gives the pseudonym of an address (16 bytes, IPv4 as IPv4-mapped IPv6) on
// the UTC day of a time in ms: the first 64 bits of AES-128 under the day's key, a
// pseudorandom function on single blocks. The same address has one pseudonym a day
// and cannot be linked across days without the key.
func (p *Pseudonymizer) Client(addr [16]byte, ms int64) (uint64, error) {
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
