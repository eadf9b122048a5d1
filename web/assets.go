// Package web carries the front end's bundle: the one script and the one style
// sheet that reports and the served page put into themselves.
//
// The bundle is built by npm (`make build`) into dist/, which git does not keep, so
// the package must compile without it and must say clearly when it is missing. It
// must never fetch anything.
package web

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// ErrNoBundle is returned by a program that was built before the front end was.
var ErrNoBundle = errors.New("built without its page: run make build")

// dist holds at least .gitkeep, so that the pattern matches in a fresh clone.
//
//go:embed all:dist
var dist embed.FS

// Bundle is the front end: plain script and style text, ready to be inlined.
type Bundle struct {
	Script []byte
	Style  []byte
	World  []byte // outlines of countries as JSON; nil where the bundle was built before there was a map
}

// Assets gives the bundle that was embedded at build time, or ErrNoBundle.
func Assets() (Bundle, error) { return Load(dist) }

// Load reads the bundle from a file system that holds dist/; ErrNoBundle if it is not there.
func Load(files fs.FS) (Bundle, error) {
	script, err := read(files, "dist/banshift.js")
	if err != nil {
		return Bundle{}, err
	}
	style, err := read(files, "dist/banshift.css")
	if err != nil {
		return Bundle{}, err
	}
	world, err := read(files, "dist/world.json")
	if err != nil && !errors.Is(err, ErrNoBundle) {
		return Bundle{}, err
	}
	return Bundle{Script: script, Style: style, World: world}, nil
}

func read(files fs.FS, name string) ([]byte, error) {
	text, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoBundle
	}
	if err != nil {
		return nil, fmt.Errorf("embedded page: %w", err)
	}
	return text, nil
}
