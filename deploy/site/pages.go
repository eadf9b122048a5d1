package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// index is the page whose headings and links are the navigation of all pages.
const index = "docs/README.md"

// page is one Markdown file; source is its path in the repository, with slashes.
type page struct {
	source, title string
	text          []byte
	tree          ast.Node
	sections      []section
}

// section is a heading of the second level.
type section struct{ ID, Title string }

// group is a heading of the index with the pages that it names.
type group struct {
	Title string
	Pages []*page
}

// site is what is written: pages by source, the navigation, and the files that pages link to, each with its name there.
type site struct {
	root   string
	pages  map[string]*page
	groups []group
	files  map[string]string
}

// target gives the path of a page in the site: x.html for x.md, and index.html for README.md.
func (p *page) target() string {
	dir, file := path.Split(p.source)
	if file == "README.md" {
		return dir + "index.html"
	}
	return dir + strings.TrimSuffix(file, ".md") + ".html"
}

// read parses the Markdown files at the root of the repository and below docs/.
func read(root string) (*site, error) {
	s := &site{root: root, pages: map[string]*page{}, files: map[string]string{}}
	sources, err := sources(root)
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(source)))
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		s.pages[source] = parse(source, text)
	}
	if s.pages[index] == nil {
		return nil, fmt.Errorf("%s is not there: the navigation is made of it", index)
	}
	s.groups = s.navigation()
	return s, s.complete()
}

// sources lists the pages in order.
func sources(root string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		return nil, fmt.Errorf("look for pages: %w", err)
	}
	err = filepath.WalkDir(filepath.Join(root, "docs"), func(file string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(file) == ".md" {
			found = append(found, file)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for pages: %w", err)
	}
	for i, file := range found {
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return nil, fmt.Errorf("path of a page: %w", err)
		}
		found[i] = filepath.ToSlash(relative)
	}
	slices.Sort(found)
	return found, nil
}

// navigation reads the groups from the index.
func (s *site) navigation() (groups []group) {
	for node := s.pages[index].tree.FirstChild(); node != nil; node = node.NextSibling() {
		if heading, is := node.(*ast.Heading); is {
			groups = append(groups, group{Title: textOf(heading, s.pages[index].text)})
			continue
		}
		for _, link := range links(node) {
			named := s.pages[path.Join(path.Dir(index), string(link.Destination))]
			if named != nil && len(groups) > 0 {
				last := &groups[len(groups)-1]
				last.Pages = append(last.Pages, named)
			}
		}
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.Pages) == 0 })
}

// complete says which pages of docs/ the index does not name.
func (s *site) complete() error {
	named := map[string]bool{index: true}
	for _, g := range s.groups {
		for _, p := range g.Pages {
			named[p.source] = true
		}
	}
	for source := range s.pages {
		if strings.HasPrefix(source, "docs/") && !named[source] {
			return fmt.Errorf("%s does not name %s: add a link", index, source)
		}
	}
	return nil
}
