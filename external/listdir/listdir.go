// Package listdir keeps a directory of lists up to date: each with the time that it
// describes, its checksum and its source, the last good copy staying where a source is
// broken. Every state that a list had stays, named by its checksum, so that flows of any day
// meet the list of their day.
//
// It must never replace a list by one that cannot be read or has lost most of its entries.
package listdir

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/banshift/banshift/transform/enrich"
)

// ManifestFile is the name of the manifest in a directory of lists.
const ManifestFile = "manifest.json"

// statesFolder has the states of all lists, each under its checksum.
const statesFolder = "states"

// maxBytes bounds a list; the largest public ones have some tens of megabytes.
const maxBytes = 256 << 20

// Entry is what the manifest says of one list.
type Entry struct {
	Name    string    `json:"name"` // also the file's
	Source  string    `json:"source"`
	SHA256  string    `json:"sha256"`
	AsOf    time.Time `json:"as_of"`
	Updated time.Time `json:"updated"`
	Entries int       `json:"entries"`
	// Failed says why the last update kept the older copy, empty where it did not.
	Failed string `json:"failed,omitempty"`
	// States are what the list was, oldest first; the last one is what it is.
	States []State `json:"states,omitempty"`
}

// State is what a list was from a time on, until the next state.
type State struct {
	SHA256 string `json:"sha256"` // also its file's name
	// From is the first time that it describes, AsOf the last: its source may say the same again.
	From time.Time `json:"from"`
	AsOf time.Time `json:"as_of"`
	// Fetched and Seen are when it was fetched first and last.
	Fetched time.Time `json:"fetched"`
	Seen    time.Time `json:"seen"`
}

// Directory is a directory of lists with its manifest.
type Directory struct {
	path  string
	Lists []Entry `json:"lists"`
}

// Open reads the manifest of a directory; a directory without one, or none (""), holds no lists.
func Open(path string) (*Directory, error) {
	d := &Directory{path: path}
	if path == "" {
		return d, nil
	}
	data, err := os.ReadFile(filepath.Join(path, ManifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lists: %w", err)
	}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("lists: %s: %w", filepath.Join(path, ManifestFile), err)
	}
	return d, nil
}

// Find gives the entry of a list.
func (d *Directory) Find(name string) (Entry, bool) {
	i := slices.IndexFunc(d.Lists, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return d.Lists[i], true
}

// File is where a list lies.
func (d *Directory) File(name string) string { return filepath.Join(d.path, name) }

// Checksum comes before the SHA-256, in hexadecimal, at the end of a source that is to have it.
const Checksum = "#sha256="

// StateFile is where a state of a list lies.
func (d *Directory) StateFile(s State) string { return filepath.Join(d.path, statesFolder, s.SHA256) }

// Update fetches a list from a path, a file:// or an http(s):// location and takes it over if it can be
// read as want says and has at least half the entries of the last one. The manifest is
// written either way; the error is why the older copy stays.
func (d *Directory) Update(ctx context.Context, name, source string, want enrich.ListSource, now time.Time) error {
	if name != filepath.Base(name) || name == ManifestFile || name == "" {
		return fmt.Errorf("list %q: want a file name", name)
	}
	old, _ := d.Find(name)
	next, data, failure := check(ctx, name, source, want, now)
	if failure == nil && next.Entries*2 < old.Entries {
		failure = fmt.Errorf("%d entries after %d: less than half, the older copy stays; remove %s if that is right", next.Entries, old.Entries, d.File(name))
		if _, err := os.Stat(d.File(name)); errors.Is(err, os.ErrNotExist) {
			failure = nil
		}
	}
	if failure == nil {
		next.States, failure = d.keep(old, next, data)
	}
	if failure == nil {
		failure = replace(d.File(name), data)
	}
	if failure != nil {
		old.Name, old.Source, old.Failed = name, source, failure.Error()
		next = old
		failure = fmt.Errorf("list %s from %s: %w", name, source, failure)
	}
	d.Lists = slices.DeleteFunc(d.Lists, func(e Entry) bool { return e.Name == name })
	d.Lists = append(d.Lists, next)
	slices.SortFunc(d.Lists, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return errors.Join(failure, d.save())
}

// keep adds a state to those of a list, unless it is the last one already.
func (d *Directory) keep(old, next Entry, data []byte) ([]State, error) {
	states := slices.Clone(old.States)
	if len(states) == 0 && old.SHA256 != "" { // from before states were kept
		if before, err := os.ReadFile(d.File(old.Name)); err == nil && sum(before) == old.SHA256 {
			states = append(states, State{old.SHA256, old.AsOf, old.AsOf, old.Updated, old.Updated})
			if err := replace(d.StateFile(states[0]), before); err != nil {
				return nil, err
			}
		}
	}
	if n := len(states); n > 0 && states[n-1].SHA256 == next.SHA256 {
		states[n-1].Seen = next.Updated
		if next.AsOf.After(states[n-1].AsOf) { // it says the same of a later day
			states[n-1].AsOf = next.AsOf
		}
		return states, nil
	}
	state := State{next.SHA256, next.AsOf, next.AsOf, next.Updated, next.Updated}
	if n := len(states); n > 0 && !state.From.After(states[n-1].AsOf) {
		state.From, state.AsOf = next.Updated, next.Updated // another content with an older date
	}
	return append(states, state), replace(d.StateFile(state), data)
}

// check fetches a list and reads it as enrichment will.
func check(ctx context.Context, name, source string, want enrich.ListSource, now time.Time) (Entry, []byte, error) {
	location, want256, pinned := strings.Cut(source, Checksum)
	if !pinned && anybodyCanChange(location) {
		return Entry{}, nil, errors.New("http:// without a checksum: anybody on the way can change the list; use https://, or say which sha256 it must have")
	}
	data, modified, err := fetch(ctx, location)
	if err != nil {
		return Entry{}, nil, err
	}
	if got := sum(data); pinned && got != want256 {
		return Entry{}, nil, fmt.Errorf("sha256 is %s, and is to be %s", got, want256)
	}
	want.Name, want.Data, want.Path = name, data, ""
	e, err := enrich.New(enrich.Config{Lists: []enrich.ListSource{want}, NoBuiltin: true})
	if err != nil && want.AsOf.IsZero() {
		// Formats that carry no date describe the day on which the file was last written.
		if want.AsOf = modified; modified.IsZero() {
			want.AsOf = now
		}
		e, err = enrich.New(enrich.Config{Lists: []enrich.ListSource{want}, NoBuiltin: true})
	}
	if err != nil {
		return Entry{}, nil, err
	}
	info := e.Lists().Info()[0]
	return Entry{Name: name, Source: source, SHA256: sum(data), AsOf: info.AsOf.UTC(), Updated: now.UTC(), Entries: info.Entries}, data, nil
}

// anybodyCanChange reports a location that is asked in clear over a network.
func anybodyCanChange(location string) bool {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// fetch reads a location; modified is zero where it is not stated.
func fetch(ctx context.Context, source string) (data []byte, modified time.Time, err error) {
	if strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://") {
		return fetchHTTP(ctx, source)
	}
	path := strings.TrimPrefix(source, "file://")
	info, err := os.Stat(path)
	if err != nil {
		return nil, modified, err
	}
	if info.Size() > maxBytes {
		return nil, modified, fmt.Errorf("%s has %d bytes: at most %d", path, info.Size(), maxBytes)
	}
	data, err = os.ReadFile(path)
	return data, info.ModTime(), err
}

// client follows nobody from https:// to http://.
var client = &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
	if anybodyCanChange(r.URL.String()) && !anybodyCanChange(via[0].URL.String()) {
		return errors.New("sent on to http://, where anybody on the way can change the list")
	}
	if len(via) >= 10 {
		return errors.New("sent on too often")
	}
	return nil
}}

func fetchHTTP(ctx context.Context, source string) (data []byte, modified time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return nil, modified, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, modified, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, modified, fmt.Errorf("answered %s", response.Status)
	}
	modified, _ = http.ParseTime(response.Header.Get("Last-Modified"))
	data, err = io.ReadAll(io.LimitReader(response.Body, maxBytes+1))
	if err == nil && len(data) > maxBytes {
		err = fmt.Errorf("more than %d bytes", maxBytes)
	}
	return data, modified, err
}

// replace writes a file next to the old one and renames it, so that no reader sees a half.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".new-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (d *Directory) save() error {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("lists: manifest: %w", err)
	}
	if err := replace(filepath.Join(d.path, ManifestFile), append(data, '\n')); err != nil {
		return fmt.Errorf("lists: manifest: %w", err)
	}
	return nil
}

// Verify computes the checksum of every list again.
func (d *Directory) Verify() error {
	var errs []error
	for _, e := range d.Lists {
		if e.SHA256 == "" {
			continue // never fetched
		}
		errs = append(errs, verify(e.Name, d.File(e.Name), e.SHA256))
		for _, s := range e.States {
			errs = append(errs, verify(e.Name, d.StateFile(s), s.SHA256))
		}
	}
	return errors.Join(errs...)
}

func verify(name, path, want string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("list %s: %w", name, err)
	}
	if got := sum(data); got != want {
		return fmt.Errorf("list %s: sha256 of %s is %s, the manifest says %s: fetch it again with lists update", name, path, got, want)
	}
	return nil
}
