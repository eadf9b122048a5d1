package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/banshift/banshift/ingest/kafka/brokertest"
)

//go:embed testdata/versions.txt
var versions string

// TestUpgrade builds the program of every version of the schema. Each fills a store from a file, and follows a topic
// into another one until it is stopped under load; this program then opens both, reads on, and stores every record once.
// "make upgrade" runs it: it takes minutes, and needs the history of the repository.
func TestUpgrade(t *testing.T) {
	if os.Getenv("BANSHIFT_UPGRADE") == "" {
		t.Skip("run make upgrade")
	}
	needEngine(t)
	seed := uint64(fromEnvironment(t, "BANSHIFT_SEED", int(time.Now().UnixNano()%100_000)))
	t.Logf("BANSHIFT_SEED=%d", seed)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	t.Setenv("BANSHIFT_INGEST_FLUSH_AFTER_SECONDS", "1")
	broker := brokertest.Start(t)
	for line := range strings.Lines(versions) {
		var commit string
		var migration int
		if n, _ := fmt.Sscan(line, &commit, &migration); n != 2 {
			continue
		}
		t.Run(fmt.Sprintf("%02d-%s", migration, commit), func(t *testing.T) {
			old := buildOf(t, commit)
			u := &upgrade{old: old, migration: migration, writers: &writers{T: t, random: rand.New(rand.NewPCG(seed, uint64(migration))), records: 60_000}}
			uniformFlows(t, u.records, seed, func(line []byte) { u.lines = append(u.lines, line) })
			u.ofFiles()
			u.uri = broker.URI("upgrade-"+commit, "format=goflow2-json&group="+commit)
			u.underLoad()
		})
	}
}

// buildOf builds the program of a commit.
func buildOf(t *testing.T, commit string) string {
	t.Helper()
	dir := t.TempDir()
	archive := exec.Command("git", "archive", commit)
	archive.Dir = "../.."
	source, err := archive.Output()
	if err != nil {
		t.Fatalf("git archive %s: %v", commit, err)
	}
	unpack := exec.Command("tar", "-x", "-C", dir)
	unpack.Stdin = bytes.NewReader(source)
	for _, step := range []*exec.Cmd{
		unpack,
		exec.Command("cp", "-r", "../../web/dist", filepath.Join(dir, "web")),
	} {
		if out, err := step.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", step.Args, err, out)
		}
	}
	program := filepath.Join(dir, "banshift-"+commit)
	build := exec.Command("go", "build", "-o", program, "./cmd/banshift")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v: %s", commit, err, out)
	}
	return program
}

// upgrade is one version, and records for it.
type upgrade struct {
	*writers
	old       string // program
	migration int
}

// ofFiles has the old program store a file, and this one go on.
func (u *upgrade) ofFiles() {
	u.Helper()
	dir := u.TempDir()
	var files []string
	for i := range 2 {
		file := filepath.Join(dir, fmt.Sprintf("%d.ndjson", i))
		part := u.lines[i*len(u.lines)/2 : (i+1)*len(u.lines)/2]
		if err := os.WriteFile(file, append(bytes.Join(part, []byte("\n")), '\n'), 0o600); err != nil {
			u.Fatal(err)
		}
		files = append(files, file)
	}
	store, reference := filepath.Join(dir, "store"), filepath.Join(dir, "reference")
	if out, err := u.oldProgram("run", "--store", store, "--format", "goflow2-json", files[0]).CombinedOutput(); err != nil {
		u.Fatalf("the old program: %v: %s", err, out)
	}
	execute(u.T, "", "reconcile", "--store", store).must(u.T)
	execute(u.T, "", "run", "--store", store, "--format", "goflow2-json", files[0], files[1]).must(u.T)
	execute(u.T, "", "reconcile", "--store", store).must(u.T)
	execute(u.T, "", "run", "--store", reference, "--format", "goflow2-json", files[0], files[1]).must(u.T)
	u.same(store, reference)
	out, err := u.oldProgram("sql", "--store", store, "SELECT 1").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "use the version of banshift that wrote it") {
		u.Errorf("the old program on the new store: %v: %s", err, out)
	}
}

// underLoad stops the old program while it follows a topic, and has this one follow it.
func (u *upgrade) underLoad() {
	u.Helper()
	u.store = filepath.Join(u.TempDir(), "store")
	u.createTopic()
	old := u.oldProgram("run", "--store", u.store, "--follow", u.uri)
	var log logBuffer
	old.Stdout, old.Stderr = &log, &log
	if err := old.Start(); err != nil {
		u.Fatal(err)
	}
	defer old.Process.Kill() //nolint:errcheck // it has ended
	u.produce(u.records / 4)
	for deadline := time.Now().Add(time.Minute); !strings.Contains(log.String(), "ollowing") && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
	}
	produced := make(chan struct{})
	go func() { u.produce(len(u.lines)); close(produced) }()
	time.Sleep(time.Duration(1500+u.random.IntN(1000)) * time.Millisecond)
	old.Process.Signal(syscall.SIGTERM)
	if err := old.Wait(); err != nil {
		u.Errorf("the old program was stopped: %v: %s", err, log.String())
	}
	follower, newLog := u.program("--follow", u.uri)
	<-produced
	u.await(u.records)
	for !strings.Contains(newLog.String(), `"following"`) { // it may have nothing left to do
		time.Sleep(100 * time.Millisecond)
	}
	u.end(follower, true)
	execute(u.T, "", "reconcile", "--store", u.store).must(u.T)
	reference := filepath.Join(u.TempDir(), "reference")
	execute(u.T, "", "run", "--store", reference, u.uri).must(u.T)
	u.same(u.store, reference)
	if before := accounted(u.T, log.String()); before == 0 || before == u.records {
		u.Logf("the old program stored %d of %d records: it was not stopped under load", before, u.records)
	}
}

// byHour is what no version tells in another way.
const byHour = "SELECT hour, sum(records) AS n, uniqExact(client) AS c, sum(flows) AS f, sum(bytes_up) AS up, sum(bytes_down) AS down FROM usage GROUP BY ALL ORDER BY ALL"

func (u *upgrade) same(store, reference string) {
	u.Helper()
	got := execute(u.T, "", "sql", "--store", store, "--output", "csv", byHour).must(u.T).out
	want := execute(u.T, "", "sql", "--store", reference, "--output", "csv", byHour).must(u.T).out
	if got != want || strings.Count(got, "\n") < 3 {
		u.Errorf("hours differ from those that one program stores: %s\nwant %s", got, want)
	}
}

// guessAsked is the first version that guesses clients by ports only where it is asked to.
const guessAsked = 8

// oldProgram is a call of the old program, without variables that it does not know.
func (u *upgrade) oldProgram(args ...string) *exec.Cmd {
	process := exec.Command(u.old, args...)
	for _, v := range os.Environ() {
		if u.migration >= guessAsked || !strings.HasPrefix(v, "BANSHIFT_INGEST_GUESS_CLIENTS") {
			process.Env = append(process.Env, v)
		}
	}
	return process
}
