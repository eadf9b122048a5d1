package load

import (
	"io"
	"log/slog"
)

// slogTo gives a logger of a test.
func slogTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
