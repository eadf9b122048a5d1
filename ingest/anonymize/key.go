package anonymize

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/banshift/banshift/schemas"
)

// MasterKeyBytes is the length of the operator's key.
const MasterKeyBytes = 32

// dayKeyBytes is the length of the key of a day: AES-128.
const dayKeyBytes = 16

// Keys gives the keys of days: derived from the operator's master key, any day's, or from a
// chain of day keys that only goes forward ([MakeChain]). Safe for concurrent use.
type Keys struct {
	master []byte // nil where there is a chain

	mu    sync.Mutex
	chain *chain // nil where there is a master key
	file  chainFile
	users []*Pseudonymizer // that hold keys of days
}

// NewKeys takes a master key of [MasterKeyBytes] bytes.
func NewKeys(master []byte) (*Keys, error) {
	if len(master) != MasterKeyBytes {
		return nil, fmt.Errorf("master key has %d bytes, want %d", len(master), MasterKeyBytes)
	}
	return &Keys{master: append([]byte(nil), master...)}, nil
}

// OpenKeys is [ReadKeys], and makes a master key where the file is missing.
func OpenKeys(file string) (*Keys, error) {
	keys, err := ReadKeys(file)
	if errors.Is(err, fs.ErrNotExist) {
		return createKeys(file)
	}
	return keys, err
}

// ReadKeys reads a master key (hex) or a chain of day keys from file, which must not be
// readable by others. A missing one is [fs.ErrNotExist]. Of a chain, the days that are
// over for 48 h are destroyed first.
func ReadKeys(file string) (*Keys, error) {
	text, err := readPrivate(file)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	if bytes.HasPrefix(text, []byte(chainMark)) {
		return readChain(file, time.Now)
	}
	master := make([]byte, hex.DecodedLen(len(text)))
	defer clear(master)
	digits := bytes.TrimSpace(text)
	n, err := hex.Decode(master, digits)
	if err != nil {
		return nil, fmt.Errorf("master key %s is not %d bytes in hex", file, MasterKeyBytes)
	}
	if n > 0 && bytes.Count(master[:n], master[:1]) == n {
		return nil, fmt.Errorf("master key %s is the same byte again and again: anybody can guess it; remove the file, and the next run makes a random one", file)
	}
	keys, err := NewKeys(master[:n])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return keys, nil
}

// readPrivate reads a file that only its owner may read.
func readPrivate(file string) ([]byte, error) {
	info, err := os.Stat(file)
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
	return text, nil
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

// ID names the keys without telling anything of them, so that a store can note under which
// its pseudonyms were made. That of a chain stays the same while it goes forward.
func (k *Keys) ID() string {
	if k.master == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.chain.id
	}
	return fingerprint(k.master)
}

// Follows is the ID of the master key that a chain was made from: its first days are the
// same. Empty where there is none.
func (k *Keys) Follows() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.chain == nil {
		return ""
	}
	return k.chain.follows
}

// fingerprint is 64 bits that follow from a secret and do not give it away.
func fingerprint(secret []byte) string {
	return hex.EncodeToString(derive(secret, "id", 8))
}

// Secrets gives copies of what must be found nowhere: the master key, or the days' keys and
// what the others follow from. It is for looking for them.
func (k *Keys) Secrets() [][]byte {
	if k.master != nil {
		return [][]byte{slices.Clone(k.master)}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	secrets := [][]byte{slices.Clone(k.chain.state), slices.Clone(k.chain.names)}
	for _, key := range k.chain.days {
		secrets = append(secrets, slices.Clone(key))
	}
	return secrets
}

// day derives the key of a UTC day.
func (k *Keys) day(day int64) (cipher.Block, error) {
	key, err := k.dayKey(day)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", dateOf(day), err)
	}
	burn()
	defer burn()
	defer clear(key)
	return aes.NewCipher(key)
}

func (k *Keys) dayKey(day int64) ([]byte, error) {
	if k.master != nil {
		return deriveDay(k.master, day), nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.chain.key(day)
}

// deriveDay gives the key of a UTC day (RFC 5869, info "client/<date>").
func deriveDay(secret []byte, day int64) []byte {
	return derive(secret, "client/"+dateOf(day), dayKeyBytes)
}

func dateOf(day int64) string {
	return time.UnixMilli(day * schemas.DayMS).UTC().Format(time.DateOnly)
}
