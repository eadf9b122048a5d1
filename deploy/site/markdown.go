package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))

// parse reads a page and names its headings as GitHub does, so that links between pages hold in both places.
func parse(source string, content []byte) *page {
	p := &page{source: source, text: content, tree: markdown.Parser().Parse(text.NewReader(content))}
	seen := map[string]int{}
	walk(p.tree, func(node ast.Node) {
		heading, is := node.(*ast.Heading)
		if !is {
			return
		}
		title := textOf(heading, content)
		id := slug(title)
		if n := seen[id]; n > 0 {
			seen[id]++
			id = fmt.Sprintf("%s-%d", id, n)
		} else {
			seen[id]++
		}
		heading.SetAttributeString("id", []byte(id))
		switch {
		case heading.Level == 1 && p.title == "":
			p.title = title
		case heading.Level == 2:
			p.sections = append(p.sections, section{ID: id, Title: title})
		}
	})
	return p
}

var noSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// slug is the anchor that GitHub gives to a heading.
func slug(title string) string {
	return strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-")
}

// html renders a page; its links lead to pages and files of the site.
func (s *site) html(p *page) (string, error) {
	for _, link := range links(p.tree) {
		to, err := s.follow(p, string(link.Destination))
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.source, err)
		}
		link.Destination = []byte(to)
	}
	for _, picture := range pictures(p.tree) {
		if _, err := s.follow(p, string(picture.Destination)); err != nil {
			return "", fmt.Errorf("%s: picture: %w", p.source, err)
		}
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, p.text, p.tree); err != nil {
		return "", fmt.Errorf("%s: %w", p.source, err)
	}
	// What is wider than the page scrolls by itself, with the keyboard, too.
	return strings.NewReplacer(
		"<table>", `<div class="wide" tabindex="0" role="region" aria-label="table"><table>`, "</table>", "</table></div>",
		"<pre>", `<pre tabindex="0">`,
	).Replace(out.String()), nil
}

// follow gives the destination of a link in the site, and notes the file that it needs.
func (s *site) follow(from *page, destination string) (string, error) {
	to, err := url.Parse(destination)
	if err != nil {
		return "", fmt.Errorf("link %q: %w", destination, err)
	}
	if to.Scheme != "" || to.Host != "" || to.Path == "" {
		return destination, nil
	}
	source := path.Join(path.Dir(from.source), to.Path)
	if named := s.pages[source]; named != nil {
		to.Path = relative(from.target(), named.target())
		return to.String(), nil
	}
	about, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(source)))
	if err != nil || strings.HasPrefix(source, "../") {
		return "", fmt.Errorf("link %q leads to nothing", destination)
	}
	if about.IsDir() {
		return "", fmt.Errorf("link %q leads to a directory: link to a page", destination)
	}
	s.files[source] = source
	if path.Ext(source) == ".go" {
		// A browser shows text, and Go takes no folder of the site for a package.
		s.files[source] += ".txt"
		to.Path += ".txt"
	}
	return to.String(), nil
}

// relative is the path from one file of the site to another.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")) + to
}

func walk(tree ast.Node, visit func(ast.Node)) {
	// The visitor never fails.
	_ = ast.Walk(tree, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			visit(node)
		}
		return ast.WalkContinue, nil
	})
}

func links(tree ast.Node) (found []*ast.Link) {
	walk(tree, func(node ast.Node) {
		if link, is := node.(*ast.Link); is {
			found = append(found, link)
		}
	})
	return found
}

func pictures(tree ast.Node) (found []*ast.Image) {
	walk(tree, func(node ast.Node) {
		if picture, is := node.(*ast.Image); is {
			found = append(found, picture)
		}
	})
	return found
}

// textOf is the text of a node without its markup.
func textOf(node ast.Node, source []byte) string {
	var out strings.Builder
	walk(node, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Text:
			out.Write(n.Segment.Value(source))
		case *ast.String:
			out.Write(n.Value)
		}
	})
	return out.String()
}
