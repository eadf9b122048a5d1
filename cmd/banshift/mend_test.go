package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
)

// plantFaults changes a store as only a fault can.
func plantFaults(t *testing.T, store string, statements ...string) {
	t.Helper()
	opened, err := load.Open(t.Context(), store, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for _, sql := range statements {
		if err := opened.Conn().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReconcileNamesAndTheNextRunMends plants in a store what writers that died can leave. All of
// it is named, the next run of the sources mends what can be mended, and the store is as before.
func TestReconcileNamesAndTheNextRunMends(t *testing.T) {
	needEngine(t)
	t.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(t.TempDir(), "master.key"))
	const at = " SETTINGS mutations_sync = 1"
	for name, c := range map[string]struct {
		faults []string
		named  []string // in what reconcile prints
		stays  bool     // nothing can mend it
		sound  bool     // every record is accounted for all the same
	}{
		"insert into usage that never came": {
			faults: []string{"ALTER TABLE usage DELETE WHERE toDate(hour) = '2018-04-17'" + at},
			named:  []string{"in table usage, 201804, are MISSING"},
		},
		"insert into rejects that never came": {
			faults: []string{"TRUNCATE TABLE rejects"},
			named:  []string{"rows of rejects", "DIFFERS", "in table rejects"},
		},
		"half a range": {
			faults: []string{
				"ALTER TABLE batches DELETE WHERE state = 'done' AND source = (SELECT DISTINCT source FROM batches WHERE records_in = 8)" + at,
				"ALTER TABLE rejects DELETE WHERE source = (SELECT DISTINCT source FROM batches WHERE records_in = 8)" + at,
			},
			named: []string{"was begun and is NOT FINISHED"},
		},
		"range whose rows are all there": {
			faults: []string{"ALTER TABLE batches DELETE WHERE state = 'done' AND source = (SELECT DISTINCT source FROM batches WHERE records_in = 8)" + at},
			named:  []string{"was begun and is NOT FINISHED"},
		},
		"range begun over one that is stored, of which nothing came": {
			faults: []string{"INSERT INTO batches (source, partition, first, next, state) SELECT source, partition, first + 1, next + 9, 'intended' FROM batches WHERE state = 'done' AND partition = 0 LIMIT 1"},
			named:  []string{"was begun, and", "stored by another writer"},
			sound:  true,
		},
		"overlap": {
			faults: []string{"INSERT INTO batches (source, partition, first, next, state) SELECT source, partition, first + 1, next + 9, 'done' FROM batches WHERE state = 'done' AND partition = 0 LIMIT 1"},
			named:  []string{"STORED TWICE", "1 ranges stored twice"},
			stays:  true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := filepath.Join(t.TempDir(), "store")
			run := []string{"run", "--store", store, dayOfFlows(t, "one.ndjson", 16, 9), dayOfFlows(t, "two.ndjson", 17, 7), dayOfFlows(t, "three.ndjson", 18, 5)}
			execute(t, "", run...).must(t)
			before := shown(t, store)
			plantFaults(t, store, c.faults...)
			said := execute(t, "", "reconcile", "--store", store)
			for _, words := range c.named {
				if !strings.Contains(said.out+said.errOut, words) {
					t.Errorf("%q is not in %s%s", words, said.out, said.errOut)
				}
			}
			if c.sound != (said.code == exitDone) {
				t.Errorf("reconcile: exit code %d", said.code)
			}
			execute(t, "", run...).must(t)
			if c.sound { // a run leaves what it never reads
				execute(t, "", "repair", "--store", store).must(t)
			}
			after := execute(t, "", "reconcile", "--store", store)
			if c.stays != (after.code == exitFailed) {
				t.Errorf("after the next run, reconcile: exit code %d, %s%s", after.code, after.out, after.errOut)
			}
			if !c.stays {
				differ(t, "after the next run", shown(t, store), before)
			}
		})
	}
}
