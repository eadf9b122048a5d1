package load

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/banshift/banshift/release/policy"
)

// Exported describes a file that Export wrote; it is kept next to it as JSON.
type Exported struct {
	File     string            `json:"file"`
	Query    string            `json:"query"`
	Title    string            `json:"title"`
	Question string            `json:"question"`
	Params   map[string]string `json:"params"`
	Columns  map[string]string `json:"columns"`
	// MinClients is the smallest number of clients that a row of it counts, 0 where it counts none.
	MinClients uint64 `json:"min_clients"`
	// Privacy says what was done to the file before it left the house.
	Privacy string `json:"privacy"`
	// Noise says with what parameters noise was put on counts, by name; nil: none was.
	Noise  map[string]string `json:"noise,omitempty"`
	Bytes  int64             `json:"bytes"`
	SHA256 string            `json:"sha256,omitempty"` // of the one file
	// Partition is what the rows are parted by, and Files the parts; then File is their directory.
	Partition []string       `json:"partition,omitempty"`
	Files     []ExportedFile `json:"files,omitempty"`
	Exported  time.Time      `json:"exported"`
}

// ExportedFile is one part of an export.
type ExportedFile struct {
	File   string `json:"file"`
	Rows   int    `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// exportedOf is the description of what was released.
func exportedOf(r policy.Released) Exported {
	q, said := r.Result().Query, r.Said()
	e := Exported{Query: q.Name, Title: q.Title, Question: q.Question, Params: r.Result().Params, Columns: map[string]string{},
		MinClients: said.MinClients, Privacy: said.Words, Exported: time.Now().UTC().Truncate(time.Second)}
	if said.Noise != nil {
		e.Noise = said.Noise.Texts()
	}
	for _, c := range q.Columns {
		e.Columns[c.Name] = c.Text
	}
	return e
}

// Export writes what was released as DIR/NAME.parquet with typed columns, and what it is as
// DIR/NAME.json. A file appears when it is whole.
func (s *Store) Export(ctx context.Context, r policy.Released, dir string) (Exported, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return Exported{}, fmt.Errorf("export: %w", err)
	}
	done := exportedOf(r)
	done.File = done.Query + ".parquet"
	var err error
	done.Bytes, done.SHA256, err = writeHashed(filepath.Join(dir, done.File), func(w io.Writer) error { return s.WriteReleased(ctx, r, w, Parquet) })
	if err != nil {
		return Exported{}, err
	}
	return done, writeDescription(dir, done)
}

// writeHashed writes a file whole, and gives its size and its SHA-256.
func writeHashed(path string, write func(io.Writer) error) (size int64, sum string, err error) {
	hash := sha256.New()
	size, err = WriteWhole(path, func(w io.Writer) error { return write(io.MultiWriter(w, hash)) })
	return size, hex.EncodeToString(hash.Sum(nil)), err
}

// writeDescription writes what was exported as DIR/NAME.json.
func writeDescription(dir string, done Exported) error {
	text, err := json.MarshalIndent(done, "", "  ")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	_, err = WriteWhole(filepath.Join(dir, done.Query+".json"), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	return err
}

// WriteWhole writes a file under another name and renames it when it is complete. Who may
// read it is for the umask to say. It gives the size.
func WriteWhole(path string, write func(io.Writer) error) (int64, error) {
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-"+rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	defer os.Remove(f.Name()) // no longer there after the rename
	if err := write(f); err != nil {
		f.Close()
		return 0, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return 0, fmt.Errorf("export %s: %w", path, err)
	}
	if err := f.Close(); err != nil {
		return 0, fmt.Errorf("export %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return 0, fmt.Errorf("export %s: %w", path, err)
	}
	return size, nil
}
