package load

import (
	"context"
	"fmt"
)

// Refresh reads again what the ledger says of one partition of a source, so that what
// another writer stored meanwhile is seen. No Write of that partition may be under way.
func (s *Store) Refresh(ctx context.Context, source string, partition int32) error {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	if s.ledger.sources[source] == nil {
		return nil // nothing is remembered: the next look reads it
	}
	fresh, err := s.ledger.read(ctx, source)
	if err != nil {
		return explain(s.name, fmt.Errorf("ledger of %s: %w", source, err))
	}
	state := s.ledger.sources[source]
	state.done[partition], state.intended[partition] = fresh.done[partition], fresh.intended[partition]
	return nil
}
