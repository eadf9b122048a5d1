package anonymize

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time           { return c.at }
func (c *clock) ms(back int) int64        { return c.at.AddDate(0, 0, -back).UnixMilli() }
func (c *clock) forward(by time.Duration) { c.at = c.at.Add(by) }

func newClock() *clock { return &clock{time.Date(2026, 11, 28, 13, 0, 0, 0, time.UTC)} }

// someChain makes a chain from a master key and opens it under a clock.
func someChain(t *testing.T, master *Keys, c *clock) (*Keys, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "day.keys")
	made, err := MakeChain(file, master, c.at)
	if err != nil {
		t.Fatal(err)
	}
	made.chain.wipe() // another program's
	keys, err := readChain(file, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return keys, file
}

var someAddress = [16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2, 15: 77}

// A chain begins with the days of its master key, so that nobody is counted twice, and the
// master key does not tell the days to come.
func TestChainBeginsAsItsMaster(t *testing.T) {
	c, master := newClock(), testKeys(t)
	keys, _ := someChain(t, master, c)
	if keys.Follows() != master.ID() || keys.ID() == master.ID() {
		t.Errorf("id %s follows %s, master %s", keys.ID(), keys.Follows(), master.ID())
	}
	ours, theirs := NewPseudonymizer(keys), NewPseudonymizer(master)
	for back := -1; back <= 3; back++ {
		a, err := ours.Client(someAddress, c.ms(back))
		b, _ := theirs.Client(someAddress, c.ms(back))
		switch {
		case back == 3 && err == nil:
			t.Error("a day that ended 48 h ago has a key")
		case back == -1 && (err != nil || a == b):
			t.Errorf("tomorrow: %v, and the master key tells it: %t", err, a == b)
		case back >= 0 && back <= keptDays && (err != nil || a != b):
			t.Errorf("%d days ago: %d, %v; the master key gives %d", back, a, err, b)
		}
	}
}

// A chain that is opened day by day, and one that sleeps for weeks, have the same keys.
func TestChainIsTheSameHoweverItGoesForward(t *testing.T) {
	c := newClock()
	daily, file := someChain(t, nil, c)
	copied := filepath.Join(t.TempDir(), "copy")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		c.forward(24 * time.Hour)
		if err := daily.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	late, err := readChain(copied, c.now)
	if err != nil {
		t.Fatal(err)
	}
	a, b := NewPseudonymizer(daily), NewPseudonymizer(late)
	for back := -1; back <= keptDays; back++ {
		x, err := a.Client(someAddress, c.ms(back))
		y, lateErr := b.Client(someAddress, c.ms(back))
		if err != nil || lateErr != nil || x != y {
			t.Errorf("%d days ago: %d, %v and %d, %v", back, x, err, y, lateErr)
		}
	}
	if late.ID() != daily.ID() {
		t.Errorf("its name changed: %s, %s", daily.ID(), late.ID())
	}
}

// The keys of a day stay for 48 h after it, to the second, while a program follows.
func TestDaysLoseTheirKeyAfter48Hours(t *testing.T) {
	c := newClock()
	keys, file := someChain(t, nil, c)
	p := NewPseudonymizer(keys)
	day := c.ms(0)
	want, err := p.Client(someAddress, day)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	c.at = end.Add(48*time.Hour - time.Second)
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Client(someAddress, day); err != nil || got != want {
		t.Errorf("one second before: %d, %v, want %d", got, err, want)
	}
	secret := disguised(keys.chain.days[day/86400000])
	if holders := inMemory(t, secret); holders == 0 {
		t.Fatal("the key that is in use is not found in memory, so that its absence would prove nothing")
	}
	c.at = end.Add(48 * time.Hour)
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Client(someAddress, day); !errors.Is(err, errDestroyed) {
		t.Errorf("48 h after its end the day has a key: %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Contains(text, []byte("2026-11-28")) {
		t.Errorf("the file names the day: %v", err)
	}
	if secret.digits().count(text) > 0 {
		t.Error("the file has the day's key")
	}
	runtime.GC()
	// Registers that an interruption has saved stay until another one.
	holders := inMemory(t, secret)
	for try := 0; try < 5 && holders > 0; try++ {
		runtime.GC()
		holders = inMemory(t, secret)
	}
	if holders != 0 {
		t.Errorf("%d places in memory hold the day's key", holders)
	}
	if keys, err := readChain(file, c.now); err != nil || len(keys.chain.days) != keptDays+1 {
		t.Errorf("opened again: %v", err)
	}
}

// hidden is a secret that lies nowhere as it is.
type hidden []byte

func disguised(secret []byte) hidden {
	h := make(hidden, len(secret))
	for i, b := range secret {
		h[i] = b ^ 0xa5
	}
	return h
}

// digits is the secret in hexadecimal, as hidden.
func (h hidden) digits() hidden {
	const alphabet = "0123456789abcdef"
	out := make(hidden, 0, 2*len(h))
	for _, b := range h {
		out = append(out, alphabet[(b^0xa5)>>4]^0xa5, alphabet[(b^0xa5)&15]^0xa5)
	}
	return out
}

// inMemory counts where the memory of this process holds a secret, as bytes or in hexadecimal.
func inMemory(t *testing.T, secret hidden) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skip(err)
	}
	defer memory.Close()
	digits := secret.digits()
	found := 0
	chunk := make([]byte, 1<<20)
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") {
			continue
		}
		for at := from; at < to; at += int64(len(chunk) - 64) {
			n, _ := memory.ReadAt(chunk[:min(int64(len(chunk)), to-at)], at)
			for _, needle := range []hidden{secret, digits} {
				if k := needle.count(chunk[:n]); k > 0 {
					found += k
					t.Logf("%d in %s", k, strings.TrimSpace(line))
				}
			}
			clear(chunk)
		}
	}
	return found
}

// count looks for the secret without writing it down.
func (h hidden) count(in []byte) int {
	n := 0
	for i := 0; i+len(h) <= len(in); i++ {
		if in[i]^0xa5 != h[0] {
			continue
		}
		same := true
		for k := range h {
			same = same && in[i+k]^0xa5 == h[k]
		}
		if same {
			n++
		}
	}
	return n
}

// steps are those of a replacement.
var steps = []string{"write", "keep", "rename", "sync", "overwrite", "remove", "done"}

// Killed at any step of a rotation, today's pseudonyms stay and yesterday's destruction is
// made good by whoever comes next, and no file of the rotation keeps a key.
func TestKillWithinRotation(t *testing.T) {
	if file := os.Getenv("BANSHIFT_TEST_ROTATE"); file != "" {
		rotateAndDie(t, file, os.Getenv("BANSHIFT_TEST_STEP"))
		return
	}
	for _, name := range steps {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			keys, file := someChain(t, nil, c)
			ours := NewPseudonymizer(keys)
			want, err := ours.Client(someAddress, c.ms(0))
			if err != nil {
				t.Fatal(err)
			}
			past := hex.EncodeToString(keys.chain.days[c.ms(keptDays)/86400000])
			state := hex.EncodeToString(keys.chain.state)
			tomorrow, err := ours.Client(someAddress, c.ms(-1))
			if err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run", "^TestKillWithinRotation$")
			child.Env = append(os.Environ(), "BANSHIFT_TEST_ROTATE="+file, "BANSHIFT_TEST_STEP="+name)
			var exit *exec.ExitError
			if out, err := child.CombinedOutput(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the child was not killed: %v: %s", err, out)
			}
			c.forward(24 * time.Hour)
			again, err := readChain(file, c.now)
			if err != nil {
				t.Fatal(err)
			}
			p := NewPseudonymizer(again)
			if got, err := p.Client(someAddress, c.ms(1)); err != nil || got != want {
				t.Errorf("the day before: %d, %v, want %d", got, err, want)
			}
			if got, err := p.Client(someAddress, c.ms(0)); err != nil || got != tomorrow {
				t.Errorf("the day itself: %d, %v, want %d", got, err, tomorrow)
			}
			entries, err := os.ReadDir(filepath.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				text, err := os.ReadFile(filepath.Join(filepath.Dir(file), entry.Name()))
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(text, []byte(past)) || bytes.Contains(text, []byte(state)) {
					t.Errorf("%s keeps what was to be destroyed", entry.Name())
				}
				if entry.Name() != "day.keys" && len(text) > 0 {
					t.Errorf("%s was left", entry.Name())
				}
			}
		})
	}
}

// rotateAndDie rotates a day later and is killed at a step.
func rotateAndDie(t *testing.T, file, at string) {
	c := newClock()
	c.forward(24 * time.Hour)
	keys := &Keys{file: chainFile{path: file, now: c.now, reached: func(step string) {
		if step == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}}
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
}

// A clock far in the future destroys nothing.
func TestChainRefusesAWildClock(t *testing.T) {
	c := newClock()
	_, file := someChain(t, nil, c)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c.forward(10 * 365 * 24 * time.Hour)
	if _, err := readChain(file, c.now); err == nil || !strings.Contains(err.Error(), "is the clock right") {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed: %v", err)
	}
}

// Keys that anybody could guess, and files that hold none.
func TestKeyFilesThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"zeros":      strings.Repeat("00", 32) + "\n",
		"one byte":   strings.Repeat("ab", 32) + "\n",
		"short":      "00112233\n",
		"empty":      "",
		"not hex":    strings.Repeat("zz", 32),
		"cut chain":  chainMark + "id 00\n2026-11-28 key 00112233445566778899aabbccddeeff\n",
		"short link": chainMark + "id 00\n2026-11-28 chain 0011\n",
	} {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKeys(file); err == nil {
			t.Errorf("%s: passed", name)
		}
	}
	if _, err := ReadKeys(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// The derivation is HKDF as the standard library has it.
func TestDeriveIsHKDF(t *testing.T) {
	for n := 1; n <= 32; n++ {
		secret, info := random(n), strings.Repeat("i", n)
		want, err := hkdf.Key(sha256.New, secret, nil, info, n)
		if got := derive(secret, info, n); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %x, want %x, %v", n, got, want, err)
		}
	}
}

func FuzzParseChain(f *testing.F) {
	c := &chain{id: "0011223344556677", follows: "8899aabbccddeeff", days: map[int64][]byte{20000: make([]byte, dayKeyBytes)}, next: 20001, state: make([]byte, MasterKeyBytes), names: make([]byte, MasterKeyBytes)}
	f.Add(c.text())
	f.Add([]byte(chainMark))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseChain(text)
		if err != nil {
			return
		}
		again, err := parseChain(c.text())
		if err != nil || !bytes.Equal(again.text(), c.text()) {
			t.Fatalf("written and read it differs: %v", err)
		}
	})
}

// The oldest key is of the day before yesterday, once a program rotates; a master key has none.
func TestOldestKey(t *testing.T) {
	c, master := newClock(), testKeys(t)
	keys, _ := someChain(t, master, c)
	c.forward(10 * 24 * time.Hour)
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	if day, is := keys.Oldest(); !is || !day.Equal(time.Date(2026, 12, 6, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s %v", day, is)
	}
	if _, is := master.Oldest(); is {
		t.Error("a master key has an oldest day")
	}
}
