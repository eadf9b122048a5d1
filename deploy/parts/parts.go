// Package parts knows where make targets put the parts that they fetch: the engine, the
// broker. It must never fetch one itself.
package parts

import (
	"fmt"
	"os"
	"path/filepath"
)

// Shared is the folder of parts that all users of a machine have, which the Debian package fills.
const Shared = "/var/cache/banshift"

// Cache is the folder of all parts: $BANSHIFT_CACHE, else banshift in $XDG_CACHE_HOME or
// in ~/.cache, as cache.sh has it.
func Cache() (string, error) {
	if cache := os.Getenv("BANSHIFT_CACHE"); cache != "" {
		return cache, nil
	}
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("cache directory: %w", err)
		}
		base = filepath.Join(home, ".cache")
	}
	return filepath.Join(base, "banshift"), nil
}
