package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
)

// siblings says which files of a run are logs of one Zeek: records of one uid are one
// flow, whichever log they stand in. Logs are siblings that lie in one directory and are
// called alike but for the kind: conn.log with ssl.log, conn.03:00.log.gz with ssl.03:00.log.gz.
type siblings struct {
	of      map[string][]string // details of the connections in a file
	details map[string]bool     // files that are details of another's connections
}

// detailKinds are the logs that say more of a connection.
var detailKinds = []string{"ssl", "socks", "tunnel"}

// siblingsAmong finds them by their names, where the log of connections has something in it.
func siblingsAmong(list []files.File) siblings {
	s := siblings{of: map[string][]string{}, details: map[string]bool{}}
	listed := map[string]string{}
	for _, f := range list {
		listed[withoutCompression(f.Path)] = f.Path
	}
	for _, f := range list {
		rest, ok := restOfKind(f.Path, "conn")
		if !ok || !hasContent(f.Path) {
			continue
		}
		for _, kind := range detailKinds {
			if path, ok := listed[filepath.Join(filepath.Dir(f.Path), kind+rest)]; ok {
				s.of[f.Path] = append(s.of[f.Path], path)
				s.details[path] = true
			}
		}
	}
	return s
}

func withoutCompression(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
}

// restOfKind gives what stands behind the kind in the name of a log.
func restOfKind(path, kind string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(filepath.Base(withoutCompression(path)), kind)
	return rest, ok && (rest == "" || strings.ContainsAny(rest[:1], ".-0123456789")) && strings.Contains(rest, ".log")
}

func hasContent(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// options are what the decoder of a file is told of its siblings.
func (s siblings) options(ctx context.Context, path string, format decode.Format) []decode.Option {
	switch format {
	case decode.ZeekConn:
		if paths := s.of[path]; paths != nil {
			return []decode.Option{decode.WithDetails(func() ([]decode.Detail, error) { return openDetails(ctx, paths), nil })}
		}
	case decode.ZeekSSL, decode.ZeekSOCKS, decode.ZeekTunnel:
		if s.details[path] {
			return []decode.Option{decode.AsDetails()}
		}
	}
	return nil
}

// openDetails opens logs of details. One that cannot be read says so as a source of its own.
func openDetails(ctx context.Context, paths []string) []decode.Detail {
	var details []decode.Detail
	for _, path := range paths {
		src, err := files.Open(ctx, files.File{Path: path}, "", nil)
		if err != nil {
			continue
		}
		details = append(details, decode.Detail{Format: src.Format, ReadCloser: src})
	}
	return details
}
