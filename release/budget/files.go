package budget

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// files are where a data set's ledger lies: base.ledger, base.head and base.secret.
type files struct {
	base    string
	reached func(step string) // told by tests where a write is; nil else
}

func filesOf(dir, dataSet string) files { return files{base: filepath.Join(dir, dataSet)} }

func (f files) ledger() string { return f.base + ".ledger" }
func (f files) head() string   { return f.base + ".head" }
func (f files) secret() string { return f.base + ".secret" }

func (f files) at(step string) {
	if f.reached != nil {
		f.reached(step)
	}
}

// exclusive waits until no other program has the ledger.
func (f files) exclusive() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(f.base), 0o700); err != nil {
		return nil, fmt.Errorf("budget: %w", err)
	}
	lock, err := os.OpenFile(f.base+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("budget: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		lock.Close()
		return nil, fmt.Errorf("budget: lock %s: %w", lock.Name(), err)
	}
	return lock, nil
}

const secretBytes = 32

// secretOf reads the secret, and makes one where nothing was released yet.
func (f files) secretOf(random io.Reader) ([]byte, error) {
	text, err := os.ReadFile(f.secret())
	if errors.Is(err, fs.ErrNotExist) {
		return f.makeSecret(random)
	}
	if err != nil {
		return nil, fmt.Errorf("budget: %w", err)
	}
	secret, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(secret) != secretBytes {
		return nil, fmt.Errorf("budget: %s: want %d bytes in hexadecimal", f.secret(), secretBytes)
	}
	return secret, nil
}

// makeSecret begins a ledger. The secret is written last: where it is, so is the head.
func (f files) makeSecret(random io.Reader) ([]byte, error) {
	if known, err := f.readHead(); there(f.ledger()) || there(f.head()) && (err != nil || known.entries > 0) {
		return nil, fmt.Errorf("%s is gone: %w", f.secret(), ErrTampered)
	}
	if err := f.writeHead(head{}); err != nil {
		return nil, err
	}
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("budget: %w", err)
	}
	return secret, f.replace(f.secret(), fmt.Appendf(nil, "%x\n", secret))
}

// head says how many entries a ledger has and what the last is signed with.
type head struct {
	entries int
	mac     []byte
}

func (f files) readHead() (head, error) {
	text, err := os.ReadFile(f.head())
	if errors.Is(err, fs.ErrNotExist) {
		return head{}, fmt.Errorf("%s is gone: %w", f.head(), ErrTampered)
	}
	if err != nil {
		return head{}, fmt.Errorf("budget: %w", err)
	}
	h, err := parseHead(text)
	if err != nil {
		return head{}, fmt.Errorf("%s: %w", f.head(), err)
	}
	return h, nil
}

// parseHead reads a number, a space and a signature in hexadecimal.
func parseHead(text []byte) (head, error) {
	number, signed, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	entries, err := strconv.ParseUint(number, 10, 31)
	mac, notHex := hex.DecodeString(signed)
	if err := errors.Join(err, notHex); err != nil {
		return head{}, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	return head{int(entries), mac}, nil
}

func (f files) writeHead(h head) error {
	return f.replace(f.head(), fmt.Appendf(nil, "%d %x\n", h.entries, h.mac))
}

// readLines gives the whole lines of the ledger, and takes off what a write that was cut short left
// behind them.
func (f files) readLines() ([]byte, error) {
	text, err := os.ReadFile(f.ledger())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("budget: %w", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if whole < len(text) {
		if err := os.Truncate(f.ledger(), int64(whole)); err != nil {
			return nil, fmt.Errorf("budget: %w", err)
		}
	}
	return text[:whole], nil
}

// append adds a line and waits until the disk has it. What does not fit is taken off again.
func (f files) append(line []byte) error {
	out, err := os.OpenFile(f.ledger(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	defer out.Close()
	info, err := out.Stat()
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	f.at("opened")
	for _, part := range [][]byte{line[:len(line)/2], line[len(line)/2:]} {
		if _, err = out.Write(part); err != nil {
			break
		}
		f.at("written in part")
	}
	if err = errors.Join(err, out.Sync()); err != nil {
		return fmt.Errorf("budget: %w", errors.Join(err, out.Truncate(info.Size())))
	}
	f.at("synced")
	return syncDirectory(f.base)
}

// replace writes a file that is there whole, as it was or as it is to be.
func (f files) replace(path string, text []byte) error {
	next := path + ".next"
	out, err := os.OpenFile(next, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	_, err = out.Write(text)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	f.at("next")
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	f.at("renamed")
	return syncDirectory(path)
}

func syncDirectory(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	return nil
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
