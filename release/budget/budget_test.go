package budget

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func opened(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := Open(dir, "set")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func entry(release string, spend Epsilon, days ...int) Entry {
	e := Entry{At: time.Unix(0, 0).UTC(), Release: release, Epsilon: spend, Delta: 1e-6}
	for _, day := range days {
		e.Parts = append(e.Parts, Released{part(day), json.RawMessage(fmt.Sprintf("[[%d]]", day))})
	}
	return e
}

func part(day int) Part { return Part{"ru", fmt.Sprintf("2018-04-%02d", day)} }

func TestParseEpsilon(t *testing.T) {
	for text, want := range map[string]Epsilon{"1": 1e6, "0.1": 1e5, "0.000001": 1, "4.25": 4250000, "1e-1": 1e5} {
		if got, err := ParseEpsilon(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "NaN", "Inf", "1/3", "0.0000001", "1001", "1_0"} {
		if got, err := ParseEpsilon(text); err == nil {
			t.Errorf("%q is taken as %s", text, got)
		}
	}
	for e, want := range map[Epsilon]string{1e6: "1", 1e5: "0.1", 1: "0.000001", 10e6: "10"} {
		if e.String() != want {
			t.Errorf("%d is shown as %s", e, e)
		}
	}
}

// TestBudgetIsSpent spends by part until nothing is left, across restarts.
func TestBudgetIsSpent(t *testing.T) {
	dir := t.TempDir()
	const most = 1_000_000
	l := opened(t, dir)
	if err := l.Spend(entry("a", 600_000, 1, 2), most); err != nil {
		t.Fatal(err)
	}
	if err := l.Spend(entry("a", 100_000, 1), most); err == nil {
		t.Error("a part is released twice")
	}
	if err := l.Spend(entry("b", 100_000, 3, 3), most); err == nil {
		t.Error("a part is twice in a release")
	}
	l.Close()
	l = opened(t, dir)
	var spent *SpentError
	if err := l.Spend(entry("b", 400_001, 3, 2), most); !errors.As(err, &spent) || spent.Part != part(2) {
		t.Errorf("got %v", err)
	}
	if l.Spent(part(3)) != 0 {
		t.Error("what was refused is spent in part")
	}
	if err := l.Spend(entry("b", 400_000, 3, 2), most); err != nil {
		t.Fatal(err)
	}
	l.Close()
	l = opened(t, dir)
	for day, want := range map[int]Epsilon{1: 600_000, 2: 1_000_000, 3: 400_000, 4: 0} {
		if got := l.Spent(part(day)); got != want {
			t.Errorf("day %d: %s is spent, want %s", day, got, want)
		}
	}
	if rows, ok := l.Released("b", part(3)); !ok || string(rows) != "[[3]]" {
		t.Errorf("%s %v", rows, ok)
	}
	if _, ok := l.Released("a", part(3)); ok {
		t.Error("a release has the parts of another")
	}
}

// TestTamperingIsDetected changes every byte of the ledger and of its head, takes lines off, turns them round, and takes files away.
func TestTamperingIsDetected(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	for i := range 4 {
		if err := l.Spend(entry(fmt.Sprint("release ", i), 10, i+1), 1e6); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	f := filesOf(dir, "set")
	for _, path := range []string{f.ledger(), f.head(), f.secret()} {
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(how string, text []byte) {
			t.Helper()
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if l, err := Open(dir, "set"); err == nil {
				l.Close()
				t.Errorf("%s, %s: opened", filepath.Base(path), how)
			} else if path == f.ledger() && !errors.Is(err, ErrTampered) {
				t.Errorf("%s: %v", how, err)
			}
			if err := os.WriteFile(path, was, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for i := range was {
			if path != f.ledger() && i == len(was)-1 {
				continue // a line's end
			}
			changed := bytes.Clone(was)
			changed[i] ^= 1
			refused(fmt.Sprint("byte ", i), changed)
		}
		lines := bytes.SplitAfter(was, []byte("\n"))
		for i := range lines[:len(lines)-1] {
			refused(fmt.Sprint("without line ", i), bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil))
		}
		if path == f.ledger() {
			refused("turned round", bytes.Join([][]byte{lines[0], lines[2], lines[1], lines[3]}, nil))
			refused("cut short", was[:len(was)-10])
			refused("more", append(bytes.Clone(was), lines[3]...))
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if l, err := Open(dir, "set"); !errors.Is(err, ErrTampered) {
			l.Close()
			t.Errorf("without %s: %v", filepath.Base(path), err)
		}
		if err := os.WriteFile(path, was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other := filesOf(dir, "other")
	for from, to := range map[string]string{f.ledger(): other.ledger(), f.head(): other.head(), f.secret(): other.secret()} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, "other"); !errors.Is(err, ErrTampered) {
		t.Errorf("the ledger of another data set: %v", err)
	}
}

// TestKilledWhileWriting kills a program at every step of making a ledger and of writing an
// entry: what it had said was released is there, nothing is there in part, and the ledger goes on.
func TestKilledWhileWriting(t *testing.T) {
	if step := os.Getenv("BANSHIFT_TEST_DIES_AT"); step != "" {
		dieAt(t, step)
		return
	}
	died := 0
	for step := range 40 {
		dir := t.TempDir()
		child := exec.Command(os.Args[0], "-test.run", "^TestKilledWhileWriting$")
		child.Env = append(os.Environ(), "BANSHIFT_TEST_DIES_AT="+strconv.Itoa(step), "BANSHIFT_TEST_DIR="+dir)
		out, err := child.Output()
		said := strings.Count(string(out), "released")
		if err != nil {
			died++
		} else if said != 3 {
			t.Fatalf("step %d: the child did not do its work: %s", step, out)
		}
		l := opened(t, dir)
		for day := range 3 {
			spent := l.Spent(part(day + 1))
			if _, ok := l.Released("r", part(day+1)); ok != (spent == 10) || !ok && day < said {
				t.Errorf("step %d, day %d: spent %s, released %v, %d were said to be", step, day, spent, ok, said)
			}
			if spent == 0 {
				if err := l.Spend(entry("r", 10, day+1), 10); err != nil {
					t.Errorf("step %d: %v", step, err)
				}
			}
		}
		l.Close()
		again := opened(t, dir)
		if again.entries != 3 {
			t.Errorf("step %d: %d entries", step, again.entries)
		}
		again.Close()
		if err == nil {
			break
		}
	}
	if died < 15 {
		t.Errorf("killed at %d steps only", died)
	}
}

// dieAt writes three entries and dies, without any farewell, at the given step.
func dieAt(t *testing.T, step string) {
	left, err := strconv.Atoi(step)
	if err != nil {
		t.Fatal(err)
	}
	reached := func(string) {
		if left--; left < 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	l := &Ledger{files: filesOf(os.Getenv("BANSHIFT_TEST_DIR"), "set"), random: rand.Reader, spent: map[Part]Epsilon{}, released: map[string]map[Part]json.RawMessage{}}
	l.files.reached = reached
	if l.lock, err = l.files.exclusive(); err != nil {
		t.Fatal(err)
	}
	if err := l.open("set"); err != nil {
		t.Fatal(err)
	}
	for day := range 3 {
		if err := l.Spend(entry("r", 10, day+1), 10); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("released\n")
	}
}

// FuzzLedger reads what somebody made of a ledger's two files: it is refused, or it is what was written, up to an entry
// that the head does not know of yet.
func FuzzLedger(f *testing.F) {
	dir := f.TempDir()
	l, err := OpenWith(dir, "set", bytes.NewReader(make([]byte, secretBytes))) // the same in all processes that fuzz
	if err != nil {
		f.Fatal(err)
	}
	defer l.Close()
	for i, e := range []Entry{entry("a", 100_000, 1, 2), entry("b", 200_000, 2), entry("c", 300_000, 3)} {
		if err := l.Spend(e, 1_000_000); err != nil {
			f.Fatal(err)
		}
		addSeeds(f, l.files, i)
	}
	written, err := l.files.readLines()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, ledger, signed []byte) {
		is := empty(l.files)
		is.secret = l.secret
		is.mac = is.beginning("set")
		known, err := parseHead(signed)
		if err != nil || is.replay(ledger, known) != nil {
			return
		}
		if !bytes.HasPrefix(append(written, '\n'), ledger) || is.entries < known.entries {
			t.Errorf("%q with head %q is taken for %q", ledger, signed, written)
		}
	})
}

// addSeeds adds the files as they are, without the last byte, with another number, and with a head that says less.
func addSeeds(f *testing.F, files files, i int) {
	f.Helper()
	ledger, err := files.readLines()
	if err != nil {
		f.Fatal(err)
	}
	head, err := os.ReadFile(files.head())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ledger, head)
	f.Add(ledger[:len(ledger)-1], head)
	f.Add(bytes.Replace(ledger, []byte(":100000"), []byte(":000001"), 1), head)
	f.Add(ledger, fmt.Appendf(nil, "%d", i))
}
