package load

import (
	"context"
	"io"
	"testing"
)

// An answer that the engine ends in the middle with an error is never taken for a whole one.
func TestBackupOfABrokenAnswer(t *testing.T) {
	s := ownStore(t, t.TempDir())
	defer s.Close()
	tail := &tailWriter{to: io.Discard}
	n, err := s.post(context.Background(), s.addr, request{
		sql: "SELECT throwIf(number = 3000000) FROM numbers(4000000) FORMAT Native", settings: backupSettings, result: tail,
	})
	if n == 0 {
		t.Fatal("the error came before the answer began")
	}
	if err == nil && tail.exception() == nil {
		t.Errorf("%d bytes were taken for the whole answer; they end in %q", n, tail.tail[max(0, len(tail.tail)-500):])
	}
	t.Logf("the client says %v, the end of the answer %v", err, tail.exception())
}
