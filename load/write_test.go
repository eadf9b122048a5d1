package load_test

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// scalar reads one value.
func scalar[T any](t *testing.T, s *load.Store, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := s.Conn().QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

const usageRows = `[
 {"hour":"2018-04-16 09:00:00","country":"ru","asn":12389,"client":77,"tool":"openvpn","service":"","category":"vpn","level":"likely","simulated":0,"pack":"p@1","lists":"l","flows":10,"expected":9.5,"unanswered":1,"bytes_up":100,"bytes_down":200,"records":2}
]`

func TestWriteIsIdempotent(t *testing.T) {
	s := needStore(t)
	ctx := context.Background()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	b := load.Batch{
		Source: "idempotent", First: 0, Next: 100,
		Counts: load.Counts{In: 2, Folded: 2},
		Tables: usageTables(t, mem, usageRows),
	}
	for range 3 {
		if err := s.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	if got := scalar[uint64](t, s, "SELECT sum(records) FROM usage WHERE client = 77"); got != 2 {
		t.Errorf("records %d, want 2", got)
	}
	known, err := s.Known(ctx, "idempotent", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(known.Done) != 1 || known.Done[0] != (position.Range{First: 0, Next: 100}) {
		t.Errorf("done %v", known.Done)
	}
}
