package audit

import "fmt"

// Cells looks at counts of clients: those of fewer than k, and those whose complement in
// all clients of the same row is fewer. column and all are names; all may be empty.
func (a *Auditor) Cells(where, column, allColumn string, clients, all []uint64, found func(Finding)) {
	if a.k == 0 {
		return
	}
	k := uint64(a.k)
	few, rest := 0, 0
	for i, n := range clients {
		if n > 0 && n < k {
			few++
		}
		if all != nil && n >= k && all[i] > n && all[i]-n < k {
			rest++
		}
	}
	if few > 0 {
		found(Finding{where, -1, fmt.Sprintf("%d counts under %d clients in column %s", few, a.k, column)})
	}
	if rest > 0 {
		found(Finding{where, -1, fmt.Sprintf("%d counts under %d clients follow from %s less %s", rest, a.k, allColumn, column)})
	}
}
