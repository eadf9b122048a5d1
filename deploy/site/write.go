package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
)

//go:embed page.html
var layout string

//go:embed page.css
var style []byte

var pageTemplate = template.Must(template.New("page").Parse(layout))

// entry is a page in the navigation of another.
type entry struct {
	Title, Address string
	Sections       []section // of the page that is shown
	Shown          bool
}

// write makes the directory of the site.
func (s *site) write(out string) error {
	for _, p := range s.pages {
		text, err := s.layOut(p)
		if err != nil {
			return err
		}
		if err := put(out, p.target(), text); err != nil {
			return err
		}
	}
	for file, name := range s.files {
		content, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(file)))
		if err != nil {
			return fmt.Errorf("file that a page links to: %w", err)
		}
		if err := put(out, name, content); err != nil {
			return err
		}
	}
	return put(out, "page.css", style)
}

// layOut puts a page into the frame of all pages.
func (s *site) layOut(p *page) ([]byte, error) {
	body, err := s.html(p)
	if err != nil {
		return nil, err
	}
	type shownGroup struct {
		Title string
		Pages []entry
	}
	var groups []shownGroup
	for _, g := range s.groups {
		shown := shownGroup{Title: g.Title}
		for _, named := range g.Pages {
			shown.Pages = append(shown.Pages, s.entry(p, named))
		}
		groups = append(groups, shown)
	}
	var out bytes.Buffer
	err = pageTemplate.Execute(&out, map[string]any{
		"Title": p.title, "Body": template.HTML(body), "Groups": groups, "Style": relative(p.target(), "page.css"),
		"Home": entry{Address: relative(p.target(), "index.html"), Shown: p.source == "README.md"},
		"All":  entry{Address: relative(p.target(), "docs/index.html"), Shown: p.source == index},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.source, err)
	}
	return out.Bytes(), nil
}

// entry is a page as another one's navigation names it.
func (s *site) entry(from, to *page) entry {
	e := entry{Title: to.title, Address: relative(from.target(), to.target()), Shown: from == to}
	if e.Shown {
		e.Sections = slices.Clone(to.sections)
	}
	return e
}

// put writes a file of the site.
func put(out, name string, content []byte) error {
	path := filepath.Join(out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("folder of the site: %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("file of the site: %w", err)
	}
	return nil
}
