package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// findings are what a site has, and what is wrong with it.
type findings struct {
	pages, links, loaded, elsewhere int
	wrong                           []string
}

// document is what a page of the site has: anchors, links, and what a browser loads with it.
type document struct {
	ids           map[string]int
	links, loaded []string
	nameless      []string // pictures without a text
	scripts       int
}

var foreign = regexp.MustCompile(`@import|url\(`)

// check follows every link of a site in a directory. Links to elsewhere are looked at for their form only; a page
// must load nothing from elsewhere.
func check(dir string) (findings, error) {
	var f findings
	files, documents, err := load(dir)
	if err != nil {
		return f, err
	}
	f.pages = len(documents)
	for name, d := range documents {
		f.page(name, d, files, documents)
	}
	for name, content := range files {
		if path.Ext(name) == ".css" && foreign.Match(content) {
			f.say(name, "loads something")
		}
	}
	slices.Sort(f.wrong)
	return f, nil
}

func (f *findings) say(page, format string, values ...any) {
	f.wrong = append(f.wrong, page+": "+fmt.Sprintf(format, values...))
}

// page checks one page.
func (f *findings) page(name string, d document, files map[string][]byte, documents map[string]document) {
	for id, times := range d.ids {
		if times > 1 {
			f.say(name, "has %d anchors %q", times, id)
		}
	}
	if d.scripts > 0 {
		f.say(name, "has a script or a frame")
	}
	for _, picture := range d.nameless {
		f.say(name, "the picture %s has no text in its place", picture)
	}
	for _, address := range d.loaded {
		f.loaded++
		target, _, inside := resolve(name, address)
		if _, there := files[target]; !inside || !there {
			f.say(name, "loads %s, which is not in the site", address)
		}
	}
	for _, address := range d.links {
		f.links++
		target, anchor, inside := resolve(name, address)
		if !inside {
			f.elsewhere++
			if !wellFormed(address) {
				f.say(name, "the link %s has a wrong form", address)
			}
			continue
		}
		if _, there := files[target]; !there {
			f.say(name, "the link %s leads to nothing", address)
		} else if anchor != "" && documents[target].ids[anchor] == 0 {
			f.say(name, "the link %s leads to no heading", address)
		}
	}
}

// resolve gives the file of the site and the anchor that an address leads to, or that it leads elsewhere.
func resolve(page, address string) (target, anchor string, inside bool) {
	to, err := url.Parse(address)
	if err != nil || to.Scheme != "" || to.Host != "" || strings.HasPrefix(to.Path, "/") {
		return "", "", false
	}
	if to.Path == "" {
		return page, to.Fragment, true
	}
	return path.Join(path.Dir(page), to.Path), to.Fragment, true
}

// wellFormed is an address of the web, or of mail.
func wellFormed(address string) bool {
	to, err := url.Parse(address)
	if err != nil || strings.ContainsAny(address, " \t\n<>\"") {
		return false
	}
	switch to.Scheme {
	case "http", "https":
		return strings.Contains(to.Hostname(), ".")
	case "mailto":
		return strings.Contains(to.Opaque, "@")
	}
	return false
}

// load reads the files of a site and takes its pages apart.
func load(dir string) (map[string][]byte, map[string]document, error) {
	files, documents := map[string][]byte{}, map[string]document{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if files[name], err = os.ReadFile(file); err != nil || path.Ext(name) != ".html" {
			return err
		}
		documents[name], err = takeApart(files[name])
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the site: %w", err)
	}
	return files, documents, nil
}

// takeApart reads what a page has.
func takeApart(content []byte) (document, error) {
	d := document{ids: map[string]int{}}
	tree, err := html.Parse(bytes.NewReader(content))
	if err != nil {
		return d, fmt.Errorf("page: %w", err)
	}
	for node := range tree.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		has := map[string]string{}
		for _, a := range node.Attr {
			has[a.Key] = a.Val
		}
		if id := has["id"]; id != "" {
			d.ids[id]++
		}
		switch node.Data {
		case "a":
			d.links = append(d.links, has["href"])
		case "link":
			d.loaded = append(d.loaded, has["href"])
		case "img":
			d.loaded = append(d.loaded, has["src"])
			if strings.TrimSpace(has["alt"]) == "" {
				d.nameless = append(d.nameless, has["src"])
			}
		case "script", "iframe", "object", "embed", "source", "video", "audio", "form":
			d.scripts++
		}
	}
	return d, nil
}
