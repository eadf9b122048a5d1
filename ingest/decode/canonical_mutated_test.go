package decode

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
)

// TestMutatedFilesCostThemselvesOnly changes up to twelve bytes of good files, 1,200 times:
// each ends as an error or with all of its rows, and none takes the program's memory.
func TestMutatedFilesCostThemselvesOnly(t *testing.T) {
	const rows = 200
	r := rand.New(rand.NewPCG(11, 5))
	rec := example(memory.DefaultAllocator, schemas.FlowSchema, schemas.NumFlowColumns, rows, same)
	defer rec.Release()
	failed := 0
	var most uint64
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
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.Sys > most {
			most = m.Sys
		}
	}
	t.Logf("%d of 1200 are errors, %d MiB at most", failed, most>>20)
	if failed < 300 || most > 500<<20 {
		t.Errorf("%d errors, %d MiB", failed, most>>20)
	}
}
