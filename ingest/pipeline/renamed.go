package pipeline

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"sync"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/load/position"
)

// filesRead are the files that the store had when it was asked. It is safe for concurrent use.
type filesRead struct {
	mu       sync.Mutex
	asked    bool
	read     []load.FileRead
	contents map[string]string // sources by what names their contents as they were stored
	prefixes []files.Prefix    // what was read of files
	of       []int             // the file of each prefix
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
	r.asked, r.read, r.contents, r.prefixes, r.of = true, list, map[string]string{}, nil, nil
	for i, f := range list {
		if _, content, ok := files.Named(f.Source); ok {
			r.contents[content] = f.Source
		}
		for _, c := range slices.Concat(f.Reached, f.Begun) {
			r.prefixes = append(r.prefixes, files.Prefix{Content: files.Content{Bytes: c.Bytes, Digest: c.Digest}})
			r.of = append(r.of, i)
		}
	}
	return nil
}

// before is what was read of a file before, when it had another name, was shorter, or was
// not compressed or compressed in another way.
type before struct {
	load.FileRead
	// Beginning is what the file begins with of it; its prefix is one of Reached, -1 where the
	// file is byte for byte what was read, or no reading of it ended.
	files.Beginning
}

// readBefore looks a file up, that is to be kept under a name; nil where nothing was read of it.
func (r *filesRead) readBefore(ctx context.Context, store Store, src *files.Source, name string) (*before, error) {
	r.mu.Lock()
	err := r.ask(ctx, store)
	read, contents, prefixes, of := r.read, r.contents, slices.Clone(r.prefixes), r.of
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if _, content, ok := files.Named(src.ID); ok && contents[content] != "" {
		i := slices.IndexFunc(read, func(f load.FileRead) bool { return f.Source == contents[content] })
		return &before{read[i], files.Beginning{Prefix: -1, Whole: true}}, nil
	}
	for i := range prefixes {
		as, _, _ := files.Named(read[of[i]].Source)
		prefixes[i].Near = as == name || prefixes[i].Bytes >= tellingBytes
	}
	begins, err := files.BeginsAs(ctx, src.Path, prefixes)
	if err != nil {
		return nil, &unreadableError{err}
	}
	if begins.Prefix < 0 {
		return nil, nil
	}
	f := read[of[begins.Prefix]]
	first := slices.Index(of, of[begins.Prefix])
	if begins.Prefix -= first; begins.Prefix < len(f.Reached) {
		return &before{f, begins}, nil
	}
	// The last reading did not end: it goes on from where the one before did.
	ended, err := files.BeginsAs(ctx, src.Path, prefixes[first:first+len(f.Reached)])
	if err != nil {
		return nil, &unreadableError{err}
	}
	ended.Whole = begins.Whole
	return &before{f, ended}, nil
}

// tellingBytes is how much of a file says which one it is, whatever its name and wherever its
// records end: as much has records with times of their own.
const tellingBytes = 64 << 10

// readBefore gives what was read before of a file that can be read again; nil: nothing was.
func (p *Pipeline) readBefore(ctx context.Context, src *files.Source) (*before, error) {
	if src.Live() && !src.Grows() {
		return nil, nil
	}
	name := files.LogName(src.Path)
	if p.opts.FileName != nil {
		name = p.opts.FileName(name)
	}
	return p.before.readBefore(ctx, p.opts.Store, src, name)
}

// grown reports a file of which more is there than was read before.
func (b *before) grown() bool { return b != nil && !b.Whole }

// bytes is how much of the file was read before.
func (b *before) bytes() int64 {
	if b == nil || b.Prefix < 0 {
		return 0
	}
	return b.Reached[b.Prefix].Bytes
}

// stretch is a part of a file that was read, or is, for itself: records that begin in it.
type stretch struct {
	from, to int64          // bytes; to is 0 for the end of the file
	at       position.Range // of its records; endless for the last
	cut      cutLine
	rows     bool // a record is told by its number, not by its byte
}

// cutLine is the line that a file ended in the middle of when it was read, and what was there of it.
type cutLine struct {
	at    int64
	begin []byte
}

// has reports whether a record that begins at a byte, or is the one of a number, is of the stretch.
func (s *stretch) has(at int64) bool {
	if s.rows {
		return s.at.Has(at)
	}
	return at >= s.from || len(s.cut.begin) > 0 && at == s.cut.at
}

// whole gives the line that the file was cut in, for what came of it since.
func (s *stretch) whole(line []byte, at int64) ([]byte, int64) {
	if at != s.from || len(s.cut.begin) == 0 {
		return line, at
	}
	return append(bytes.Clone(s.cut.begin), line...), s.cut.at
}

// stretches gives the parts in which a source was read and is to be read, the latest last.
func (p *Pipeline) stretches(ctx context.Context, src *files.Source, b *before) ([]stretch, error) {
	last := stretch{at: position.Range{Next: position.Endless}, rows: slices.Contains(selfNamed, src.Format)}
	if b == nil || b.Prefix < 0 {
		return []stretch{last}, nil
	}
	var all []stretch
	for _, c := range b.Reached[:b.Prefix+1] {
		if src.ID == b.Source { // else it has none of the positions
			all = append(all, stretch{from: last.from, to: c.Bytes, at: position.Range{First: last.at.First, Next: c.Next}, rows: last.rows})
			last.at.First = c.Next
		}
		last.from = c.Bytes
	}
	if len(b.Cut) == 0 {
		return append(all, last), nil
	}
	rejected, err := p.opts.Store.Rejected(ctx, b.Source, 0)
	if begins := last.from - int64(len(b.Cut)); err == nil && slices.Contains(rejected, begins) {
		last.cut = cutLine{begins, b.Cut}
	}
	return append(all, last), err
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
