package load

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Backup is what a backup says of itself, in its file backup.json.
type Backup struct {
	// Format is that of the backup: 1, or 2 of a store that has shards.
	Format int `json:"format"`
	// Program is the version that made it.
	Program string    `json:"program"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	// Migrations are those that the store had.
	Migrations []BackupMigration `json:"migrations"`
	// Shards is over how many servers the rows of single clients lay; 0: the store had no shards.
	Shards int `json:"shards,omitempty"`
	// Tables are in the order in which they were read.
	Tables []BackupTable `json:"tables"`
}

// BackupMigration is one step of the schema that a backup was made under.
type BackupMigration struct {
	Number   int    `json:"number"`
	Name     string `json:"name"`
	Checksum string `json:"checksum"`
}

// BackupTable is a table in a backup.
type BackupTable struct {
	Name    string   `json:"name"`
	Shard   int      `json:"shard,omitempty"` // whose rows these are, from 1; 0: the table does not lie on shards
	Columns []string `json:"columns"`
	// Files hold the rows of one partition each, as the engine's format Native under zstandard.
	Files []BackupFile `json:"files"`
}

// folder is where the files of the table lie.
func (t BackupTable) folder() string {
	if t.Shard == 0 {
		return t.Name
	}
	return fmt.Sprintf("%s@%d", t.Name, t.Shard)
}

// BackupFile is a file of a backup.
type BackupFile struct {
	Path  string `json:"path"` // below the backup, with slashes
	Bytes int64  `json:"bytes"`
}

const (
	backupFormat  = 1
	shardedFormat = 2 // which a program that knows of no shards in a backup refuses
	manifestName  = "backup.json"
	// sumsName is written last: without it a backup is not whole. sha256sum -c reads it.
	sumsName = "SHA256SUMS"
)

// What can be wrong with a backup.
var (
	ErrBackupDamaged = errors.New("the backup is damaged")
	ErrNoBackup      = errors.New("no whole backup")
)

// Sizes counts the tables, each once on however many shards it lies, the files with rows, and their bytes.
func (b Backup) Sizes() (tables, files int, bytes int64) {
	for _, t := range b.Tables {
		if t.Shard <= 1 {
			tables++
		}
		for _, f := range t.Files {
			files, bytes = files+1, bytes+f.Bytes
		}
	}
	return tables, files, bytes
}

// ReadBackup reads what the backup in dir says of itself, and compares every file of it with its checksum. told is
// given how many bytes of all have been read; nil: nobody is.
func ReadBackup(dir string, told func(done, of int64)) (Backup, error) {
	sums, order, err := readSums(dir)
	if err != nil {
		return Backup{}, err
	}
	var of, done int64
	for _, name := range order {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return Backup{}, fmt.Errorf("%w: %s: %w", ErrBackupDamaged, name, err)
		}
		of += info.Size()
	}
	for _, name := range order {
		n, sum, err := sumOf(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return Backup{}, fmt.Errorf("%w: %s: %w", ErrBackupDamaged, name, err)
		}
		if sum != sums[name] {
			return Backup{}, fmt.Errorf("%w: %s in %s is not as it was written (its SHA-256 is another)", ErrBackupDamaged, name, dir)
		}
		if done += n; told != nil {
			told(done, of)
		}
	}
	return readManifest(dir, sums)
}

// readManifest reads backup.json, whose checksum is known to be right.
func readManifest(dir string, sums map[string]string) (Backup, error) {
	var b Backup
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return b, fmt.Errorf("%w: %w", ErrBackupDamaged, err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("%w: %s: %w", ErrBackupDamaged, manifestName, err)
	}
	if b.Format < backupFormat || b.Format > shardedFormat {
		return b, fmt.Errorf("backup %s is of format %d, and this program reads up to %d: use the version of banshift that made it (%s), or a newer one", dir, b.Format, shardedFormat, b.Program)
	}
	for _, t := range b.Tables {
		for _, f := range t.Files {
			if sums[f.Path] == "" {
				return b, fmt.Errorf("%w: %s has no checksum of %s", ErrBackupDamaged, sumsName, f.Path)
			}
		}
	}
	return b, nil
}

// readSums reads the checksums of the files of a backup, and the names in their order.
func readSums(dir string) (sums map[string]string, order []string, err error) {
	file, err := os.Open(filepath.Join(dir, sumsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w in %s: it has no file %s, which is written last", ErrNoBackup, dir, sumsName)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("backup: %w", err)
	}
	defer file.Close()
	sums = map[string]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(sum) != 2*sha256.Size || !filepath.IsLocal(name) || sums[name] != "" {
			return nil, nil, fmt.Errorf("%w: %s: a line is not as it was written", ErrBackupDamaged, sumsName)
		}
		sums[name] = sum
		order = append(order, name)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("backup: %s: %w", sumsName, err)
	}
	if sums[manifestName] == "" {
		return nil, nil, fmt.Errorf("%w: %s has no checksum of %s", ErrBackupDamaged, sumsName, manifestName)
	}
	return sums, order, nil
}

// sumOf gives the size and the SHA-256 of a file.
func sumOf(path string) (int64, string, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer file.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, file)
	return n, hex.EncodeToString(hash.Sum(nil)), err
}

// backupDir is a backup that is being written.
type backupDir struct {
	dir  string
	sums map[string]string
}

// newBackupDir makes dir, for its owner alone. One that has something in it is refused.
func newBackupDir(dir string) (*backupDir, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("backup: %s is not empty (%s): give a new directory for each backup", dir, entries[0].Name())
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return &backupDir{dir: dir, sums: map[string]string{}}, nil
}

// write writes a file that its owner alone may read, notes its checksum, and has it on the disk. What was there of an
// earlier try is gone.
func (d *backupDir) write(name string, write func(io.Writer) error) (int64, error) {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	counted := &countingWriter{to: io.MultiWriter(file, hash)}
	if err := write(counted); err != nil {
		return 0, err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	d.sums[name] = hex.EncodeToString(hash.Sum(nil))
	return counted.bytes, nil
}

// clear removes what was written.
func (d *backupDir) clear() error {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(d.dir, entry.Name())))
	}
	return err
}

// finish writes what the backup says of itself, and the checksums.
func (d *backupDir) finish(b Backup) error {
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if _, err := d.write(manifestName, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return err
	}
	_, err = d.write(sumsName, func(w io.Writer) error {
		for _, name := range slices.Sorted(maps.Keys(d.sums)) {
			if _, err := fmt.Fprintf(w, "%s  %s\n", d.sums[name], name); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// countingWriter counts what is written.
type countingWriter struct {
	to    io.Writer
	bytes int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += int64(n)
	return n, err
}
