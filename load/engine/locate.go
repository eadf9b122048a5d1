package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/deploy/parts"
)

// Version is the package version of libchdb that this program is tested with.
const Version = "26.7.3-stable.1"

// OldestMajor and OldestMinor name the oldest ClickHouse that the store supports.
const (
	OldestMajor = 24
	OldestMinor = 8
)

// EnvPath names the environment variable that holds the path of libchdb.so or of a
// clickhouse binary.
const EnvPath = "BANSHIFT_ENGINE"

// ErrNotFound says that this machine has no engine.
var ErrNotFound = errors.New("no ClickHouse engine on this machine")

// Locate finds libchdb.so or a clickhouse binary: path where it is given, else
// $BANSHIFT_ENGINE, a clickhouse binary of a supported version on PATH, the cache
// that `make engine` fills, the one of all users of this machine. It fails with [ErrNotFound].
func Locate(path string) (string, error) {
	from := "the configured engine"
	if path == "" {
		path, from = os.Getenv(EnvPath), EnvPath
	}
	if path != "" {
		info, err := os.Stat(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", from, err)
		}
		if info.IsDir() {
			return "", fmt.Errorf("%s %s is a directory: want libchdb.so or a clickhouse binary", from, path)
		}
		return filepath.Abs(path)
	}
	var tried []string
	if binary, err := exec.LookPath("clickhouse"); err == nil {
		version, err := binaryVersion(binary)
		if err == nil {
			return binary, nil
		}
		tried = append(tried, fmt.Sprintf("%s (%s: %v)", binary, version, err))
	} else {
		tried = append(tried, "clickhouse on PATH")
	}
	cache, err := parts.Cache()
	if err != nil {
		return "", err
	}
	for _, dir := range []string{cache, parts.Shared} {
		cached := cachedIn(dir)
		if _, err := os.Stat(cached); err == nil {
			return cached, nil
		}
		tried = append(tried, cached)
	}
	return "", fmt.Errorf("%w: looked for %s; run `make engine`, or set %s to libchdb.so or a clickhouse binary, or use a server with --store clickhouse://user@host:9000/db",
		ErrNotFound, strings.Join(tried, ", "), EnvPath)
}

// cachedIn is where `make engine` puts the engine below the cache of parts.
func cachedIn(cache string) string { return filepath.Join(cache, "engine", Version, "libchdb.so") }

// isLibrary tells libchdb.so from a clickhouse binary by its name.
func isLibrary(path string) bool {
	name := filepath.Base(path)
	return strings.Contains(name, ".so") || (runtime.GOOS == "darwin" && strings.HasSuffix(name, ".dylib"))
}

var versionPattern = regexp.MustCompile(`(\d+)\.(\d+)\.\d+(?:\.\d+)?`)

// binaryVersion runs `clickhouse local --version` and fails where it is too old.
func binaryVersion(binary string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "local", "--version").Output()
	if err != nil {
		return "unknown version", err
	}
	m := versionPattern.FindStringSubmatch(string(out))
	if m == nil {
		return "unknown version", fmt.Errorf("no version in %q", strings.TrimSpace(string(out)))
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	if !Supported(major, minor) {
		return m[0], fmt.Errorf("older than %d.%d", OldestMajor, OldestMinor)
	}
	return m[0], nil
}

// Supported reports whether a ClickHouse of this version has what the store needs
// (deduplication tokens, DateTime64, query parameters over HTTP).
func Supported(major, minor int) bool {
	return major > OldestMajor || (major == OldestMajor && minor >= OldestMinor)
}
