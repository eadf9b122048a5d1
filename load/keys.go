package load

import (
	"context"
	"fmt"

	"github.com/banshift/banshift/schemas/statements"
)

// KeyID gives the fingerprint of the key that the store's pseudonyms are made with; empty
// where it has none yet.
func (s *Store) KeyID(ctx context.Context) (string, error) {
	var id string
	if err := s.conn.QueryRow(ctx, statements.KeyInForce).Scan(&id); err != nil {
		return "", explain(s.name, fmt.Errorf("key of the store: %w", err))
	}
	return id, nil
}

// UseKey notes the fingerprint of the key that pseudonyms are made with from now on.
func (s *Store) UseKey(ctx context.Context, id string) error {
	was, err := s.KeyID(ctx)
	if err != nil || was == id {
		return err
	}
	lines, err := jsonLines([]map[string]string{{"key_id": id}})
	if err != nil {
		return err
	}
	return s.withRoom(ctx, func() error { return explain(s.name, s.insertJSON(ctx, "pseudonym_keys", lines)) })
}

// DataSet names the data set that the store holds, for the account of what was released of it. The name goes
// with copies of the store, and tells nothing of its key; it is empty where nothing was stored yet.
func (s *Store) DataSet(ctx context.Context) (string, error) {
	names, err := collect(ctx, s.conn, itself[string], statements.DataSet)
	if err != nil {
		return "", explain(s.name, fmt.Errorf("data set of the store: %w", err))
	}
	if len(names) == 0 {
		return "", nil
	}
	return names[0], nil
}
