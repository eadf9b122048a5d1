package decode

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// TestMutatedFilesCostThemselvesOnly changes up to twelve bytes of good files, 1,200 times:
// each ends as an error or with all of its rows, and none takes the program's memory.
func TestMutatedFilesCostThemselvesOnly(t *testing.T) {
	if os.Getenv("BANSHIFT_TEST_MUTATED") == "" {
		alone(t)
		return
	}
	const rows = 200
	r := rand.New(rand.NewPCG(11, 5))
	rec := example(memory.DefaultAllocator, schemas.FlowSchema, schemas.NumFlowColumns, rows, same)
	defer rec.Release()
	failed := 0
	for i := range 1200 {
		form := []string{"stream", "file", "parquet"}[i%3]
		data := encode(t, rec, form)
		at := r.IntN(len(data) - 12)
		if i%2 == 0 { // half of them in the directory or the first header
			at = []int{r.IntN(200), len(data) - 13 - r.IntN(2000)}[r.IntN(2)]
		}
		for k := range 1 + r.IntN(12) {
			data[at+k] = byte(r.Uint32())
		}
		got := newTally()
		if err := Rows(t.Context(), formatOf(form), bytes.NewReader(data), got); err != nil {
			failed++
		} else if all := got.flows + got.rejects; all != rows && form != "stream" {
			t.Errorf("file %d (%s): %d of %d rows, and no error", i, form, all, rows)
		}
	}
	if failed < 300 {
		t.Errorf("only %d of 1200 are errors", failed)
	}
}

// alone runs the test in a process of its own, so that its memory is that of no other test.
func alone(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "BANSHIFT_TEST_MUTATED=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	most := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	t.Logf("%d MiB at most", most>>20)
	if most > 500<<20 {
		t.Errorf("%d MiB at most, want under 500", most>>20)
	}
}
