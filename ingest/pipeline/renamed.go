package pipeline

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/decode"
	"github.com/banshift/banshift/ingest/files"
)

// filesRead are the files that the store had when it was asked, by what names their content
// and by name. It is safe for concurrent use.
type filesRead struct {
	mu       sync.Mutex
	asked    bool
	contents map[string]string // the source
	names    map[string][]files.Prefix
}

// forget has the store asked again.
func (r *filesRead) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = false
}

// ask lists the files that the store has, unless that was done.
func (r *filesRead) ask(ctx context.Context, store Store) error {
	if r.asked {
		return nil
	}
	list, err := store.FilesRead(ctx)
	if err != nil {
		return err
	}
	r.asked, r.contents, r.names = true, map[string]string{}, map[string][]files.Prefix{}
	for _, f := range list {
		if name, content, ok := files.Named(f.Source); ok {
			r.contents[content] = f.Source
			r.names[name] = append(r.names[name], files.Prefix{Bytes: f.Next, Content: content})
		}
	}
	return nil
}

// candidates gives the source of a content, and what was read under a name.
func (r *filesRead) candidates(ctx context.Context, store Store, content, name string) (source string, read []files.Prefix, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.ask(ctx, store)
	return r.contents[content], r.names[name], err
}

// renamed gives a file the identity under which its content was read before, if it was.
func (p *Pipeline) renamed(ctx context.Context, src *files.Source) error {
	_, content, isFile := files.Named(src.ID)
	if !isFile {
		return nil // live, or known by its first lines
	}
	source, _, err := p.before.candidates(ctx, p.opts.Store, content, "")
	if source != "" {
		src.ID = source
	}
	return err
}

// readTo is up to which position a log was read before under its name: when it was shorter, not
// compressed, or not followed.
func (p *Pipeline) readTo(ctx context.Context, src *files.Source) (int64, error) {
	if !decode.LineBased(src.Format) || src.Live() && !src.Grows() {
		return 0, nil
	}
	name := files.LogName(src.Path)
	if p.opts.FileName != nil {
		name = p.opts.FileName(name)
	}
	_, read, err := p.before.candidates(ctx, p.opts.Store, "", name)
	if err != nil {
		return 0, err
	}
	_, itself, _ := files.Named(src.ID) // what of it is to be read again, the ledger knows
	read = slices.DeleteFunc(slices.Clone(read), func(f files.Prefix) bool { return f.Content == itself })
	if len(read) == 0 {
		return 0, nil
	}
	at, err := files.BeginsAs(ctx, src.Path, read)
	if err != nil {
		return 0, &unreadableError{err}
	}
	if at < 0 {
		return 0, nil
	}
	return read[at].Bytes, nil
}

// withTwins parts the files that are compressed copies of others of the list, by their names.
func withTwins(list []files.File) (first, twins []files.File) {
	paths := map[string]bool{}
	for _, f := range list {
		paths[f.Path] = true
	}
	for _, f := range list {
		plain := filepath.Join(filepath.Dir(f.Path), files.LogName(f.Path))
		if plain != filepath.Clean(f.Path) && paths[plain] {
			twins = append(twins, f)
			continue
		}
		first = append(first, f)
	}
	return first, twins
}
