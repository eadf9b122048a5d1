package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := put(dir, name, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// small is a repository of three pages.
func small() map[string]string {
	return map[string]string{
		"README.md":      "# Small\n\nTo the [index](docs/README.md#how-to) and [a rule](rule.yaml).\n\n![a picture](docs/a.png)\n",
		"docs/README.md": "# Index\n\n## How to\n\n* [One](one.md)\n",
		"docs/one.md":    "# One\n\n## `run`: a \"word\", twice\n\n## Same\n\n## Same\n\n[up](../README.md) [here](#same-1) [out](https://example.org/a#b)\n\n| a |\n|---|\n| 1 |\n",
		"docs/a.png":     "png", "rule.yaml": "a: 1",
	}
}

func TestPagesBecomeASite(t *testing.T) {
	root, out := tree(t, small()), filepath.Join(t.TempDir(), "site")
	if err := build(root, out); err != nil {
		t.Fatal(err)
	}
	one, err := os.ReadFile(filepath.Join(out, "docs", "one.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title>One · banshift</title>", `href="../page.css"`, `<a href="../index.html">up</a>`, `id="run-a-word-twice"`, `id="same-1"`, `<a href="#same-1">here</a>`,
		`<a href="../docs/one.html" aria-current="page">One</a>`, `<div class="wide" tabindex="0" role="region" aria-label="table"><table>`, `<a href="https://example.org/a#b">out</a>`,
	} {
		if !strings.Contains(string(one), want) {
			t.Errorf("no %s in\n%s", want, one)
		}
	}
	for _, file := range []string{"rule.yaml", "docs/a.png", "docs/index.html"} {
		if _, err := os.Stat(filepath.Join(out, file)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"page that the index leaves out": {"docs/two.md", "# Two\n", "docs/README.md does not name docs/two.md"},
		"link to no page":                {"docs/one.md", "# One\n[x](none.md)\n", `docs/one.md: link "none.md" leads to nothing`},
		"link out of the repository":     {"docs/one.md", "# One\n[x](../../etc/x)\n", "leads to nothing"},
		"link to a directory":            {"docs/one.md", "# One\n[x](../docs)\n", "leads to a directory"},
		"picture that is not there":      {"docs/one.md", "# One\n![x](none.png)\n", "picture"},
		"link to no heading":             {"docs/one.md", "# One\n[x](#none)\n", "broken links"},
		"link without a host":            {"docs/one.md", "# One\n[x](https://)\n", "broken links"},
		"picture from elsewhere":         {"docs/one.md", "# One\n![x](https://example.org/a.png)\n", "broken links"},
		"picture without a text":         {"docs/one.md", "# One\n![](a.png)\n", "broken links"},
	} {
		t.Run(name, func(t *testing.T) {
			files := small()
			files[c.file] = c.content
			err := build(tree(t, files), filepath.Join(t.TempDir(), "site"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckFinds(t *testing.T) {
	dir := tree(t, map[string]string{
		"index.html": `<p id=a><p id=a><a href="b.html#c">x</a><a href="/b.html">x</a><a href="b.html#d">x</a><a href="javascript:1">x</a><a href="mailto:a@example.org">x</a><script></script>`,
		"b.html":     `<h1 id=c>c</h1><img src="//example.org/a.png" alt=x><img src=x.css alt=" ">`,
		"x.css":      `@import "https://example.org/x.css";`,
	})
	found, err := check(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"b.html: loads //example.org/a.png, which is not in the site",
		"b.html: the picture x.css has no text in its place",
		"index.html: has 2 anchors \"a\"",
		"index.html: has a script or a frame",
		"index.html: the link /b.html has a wrong form",
		"index.html: the link b.html#d leads to no heading",
		"index.html: the link javascript:1 has a wrong form",
		"x.css: loads something",
	}
	if !slices.Equal(found.wrong, want) || found.pages != 2 || found.links != 5 || found.loaded != 2 {
		t.Errorf("%+v\n%s", found, strings.Join(found.wrong, "\n"))
	}
}

// TestThisRepository makes the site of these pages, twice: a page that is read from a map's order would differ.
func TestThisRepository(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	for _, out := range []string{first, second} {
		if err := build("../..", out); err != nil {
			t.Fatal(err)
		}
	}
	files, _, err := load(first)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := load(second)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 40 || len(files) != len(again) {
		t.Errorf("%d and %d files", len(files), len(again))
	}
	for name := range files {
		if string(files[name]) != string(again[name]) {
			t.Errorf("%s differs from run to run", name)
		}
		if filepath.Ext(name) == ".go" {
			t.Errorf("%s: Go takes its folder for a package of the repository", name)
		}
	}
}
