package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/ingest/anonymize"
	"github.com/banshift/banshift/load"
)

func newKeysCommand(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Show which key the pseudonyms are made with, or make day keys ahead",
		Args:  cobra.NoArgs,
	}
	chain := &cobra.Command{
		Use:   "chain --out FILE",
		Short: "Make day keys ahead, so that the master key can be taken away",
		Long: `chain writes a file of day keys, for privacy.key_file. It has the keys of today and of
the two days before, as the master key gives them, and a secret that the keys of the days
to come follow from. Every run destroys the keys of days that ended 48 hours ago: neither
that file nor the master key can make them again, and records of such days are rejected.
Take the master key away afterwards: it tells the days up to today.`,
		Example: `  banshift keys chain --out /etc/banshift/day.keys && shred -u /etc/banshift/master.key`,
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.chainKeys(out) },
	}
	chain.Flags().StringVar(&out, "out", "", "file for the day keys, which must not exist")
	cmd.AddCommand(chain, &cobra.Command{
		Use:     "show",
		Short:   "Say where the key is, what it is, and its fingerprint",
		Example: "  banshift keys show --config banshift.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.showKeys() },
	})
	return cmd
}

func (a *app) showKeys() error {
	file, err := a.keyFile()
	if err != nil {
		return err
	}
	keys, err := a.readKeys()
	if err != nil {
		return err
	}
	if keys == nil {
		return fmt.Errorf("there is no key at %s yet; the first run makes one", file)
	}
	_, err = fmt.Fprintf(a.out, "file         %s\nfingerprint  %s\nkind         %s\n", file, keys.ID(), keys.Describe())
	return err
}

func (a *app) chainKeys(out string) error {
	if out == "" {
		return misused(errors.New("keys chain: no file: give --out FILE"))
	}
	if err := a.outsideOfStore(out); err != nil {
		return err
	}
	master, err := a.readKeys()
	if err != nil {
		return err
	}
	keys, err := anonymize.MakeChain(out, master, time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.errOut, "%s: %s, fingerprint %s; set privacy.key_file to it\n", out, keys.Describe(), keys.ID())
	return err
}

// keyFile is where the operator's key lies: the configured file, or one in the user's
// configuration directory. It is never inside the store: who gets that must not get the key.
func (a *app) keyFile() (string, error) {
	file := a.cfg.Privacy.KeyFile
	if file == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("no place for the master key: %w; set privacy.key_file", err)
		}
		file = filepath.Join(dir, "banshift", "master.key")
	}
	return file, a.outsideOfStore(file)
}

// outsideOfStore refuses a key file below the store's directory.
func (a *app) outsideOfStore(file string) error {
	if !isDirectory(a.cfg.Store) {
		return nil
	}
	key, err := realPath(file)
	if err != nil {
		return fmt.Errorf("key %s: %w", file, err)
	}
	store, err := realPath(a.cfg.Store)
	if err != nil {
		return fmt.Errorf("store %s: %w", a.cfg.Store, err)
	}
	if key == store || strings.HasPrefix(key, strings.TrimSuffix(store, string(filepath.Separator))+string(filepath.Separator)) {
		return fmt.Errorf("the key %s lies inside the store %s: who copies the store has the key, too; move it elsewhere and set privacy.key_file (the pseudonyms stay the same)", file, a.cfg.Store)
	}
	return nil
}

// realPath follows the links of a path, of which the end may not be there yet.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if target, err := os.Readlink(path); err == nil { // a link to what is not there yet
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		return realPath(target)
	}
	if path == filepath.Dir(path) {
		return path, nil
	}
	parent, err := realPath(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}

// readKeys reads the operator's key; nil where there is none yet.
func (a *app) readKeys() (*anonymize.Keys, error) {
	file, err := a.keyFile()
	if err != nil {
		return nil, err
	}
	keys, err := anonymize.ReadKeys(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return keys, err
}

// useKeys gives the keys that rows of a store are made with from now on. Where there are
// none a master key is made, but for a store that knows another only if that is wanted.
func (a *app) useKeys(ctx context.Context, store *load.Store, keys *anonymize.Keys, wanted bool) (*anonymize.Keys, error) {
	err := a.sameKey(ctx, store, keys)
	if keys == nil && errors.Is(err, errOtherKey) { // another program may have made it meanwhile
		if keys, err = a.readKeys(); err == nil {
			err = a.sameKey(ctx, store, keys)
		}
	}
	switch {
	case err == nil:
	case !wanted || !errors.Is(err, errOtherKey):
		return nil, err
	default:
		a.log.Warn("the store goes on under a new key: clients that were seen today under the old one count twice today, and a range that was begun under it is not repeated alike")
	}
	if keys == nil {
		file, err := a.keyFile()
		if err != nil {
			return nil, err
		}
		if keys, err = anonymize.OpenKeys(file); err != nil {
			return nil, err
		}
		a.log.Info("made a master key", "file", file)
	}
	return keys, store.UseKey(ctx, keys.ID())
}

// errOtherKey says that a store's rows were made under another key.
var errOtherKey = errors.New("the store's rows were made under another key")

// sameKey fails where a store knows another key than the given one (nil: none).
func (a *app) sameKey(ctx context.Context, store *load.Store, keys *anonymize.Keys) error {
	known, err := store.KeyID(ctx)
	if err != nil || known == "" {
		return err
	}
	file, err := a.keyFile()
	if err != nil {
		return err
	}
	const cost = "put that one there, or go on under another with run --new-key: clients seen under both on one day count twice on it"
	switch {
	case keys == nil:
		return fmt.Errorf("%w (fingerprint %s), and there is no key at %s: %s", errOtherKey, known, file, cost)
	case keys.ID() != known && keys.Follows() != known:
		return fmt.Errorf("%w (fingerprint %s; that of %s is %s): %s", errOtherKey, known, file, keys.ID(), cost)
	}
	return nil
}

// rotateEvery is how often a chain of day keys is brought forward.
const rotateEvery = time.Minute

// keepRotated destroys the keys of past days while a run goes on, until the function that
// it gives is called.
func (a *app) keepRotated(ctx context.Context, keys *anonymize.Keys) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var rotating sync.WaitGroup
	rotating.Go(func() {
		keys.KeepRotated(ctx, rotateEvery, func(err error) { a.log.Warn("the keys of past days are still there: trying again", "error", err) })
	})
	return func() { cancel(); rotating.Wait() }
}
