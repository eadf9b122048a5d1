package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/ingest/anonymize/spelling"
	"github.com/banshift/banshift/ingest/kafka"
	"github.com/banshift/banshift/load"
)

// keptName gives the name of a file or topic as the ledger may keep it.
func keptName(keys *anonymize.Keys, source string) string {
	if rest, ok := strings.CutPrefix(source, "file:"); ok {
		i := strings.LastIndexByte(rest, ':')
		if i < 0 {
			return source
		}
		return "file:" + keys.FileName(rest[:i]) + rest[i:]
	}
	if strings.HasPrefix(source, kafka.Scheme) {
		i := strings.LastIndexByte(source, '/') + 1
		return source[:i] + keys.Label("topic", source[i:], nil) // named by whoever runs the broker, not by clients
	}
	return source
}

// identify gives the name under which a store has or is to have a source.
func identify(store *load.Store, keys *anonymize.Keys) func(context.Context, string) (string, error) {
	return func(ctx context.Context, source string) (string, error) {
		return store.Recognise(ctx, source, keptName(keys, source), keys.ID())
	}
}

// namingKeys are the attributes of logs that name files and topics.
var namingKeys = map[string]bool{"file": true, "source": true, "path": true, "paths": true, "why": true, "topic": true, "error": true}

// hideAddresses leaves the addresses out of what a log says of files and topics: it may be
// kept longer than they are.
func hideAddresses(_ []string, attr slog.Attr) slog.Attr {
	if !namingKeys[attr.Key] {
		return attr
	}
	text := attr.Value.Resolve().String()
	hidden := spelling.HideNames(text, "(hidden)")
	if hidden == text {
		return attr
	}
	return slog.String(attr.Key, hidden)
}
