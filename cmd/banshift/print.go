package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// browsers are the names under which a Chromium is looked for; CHROMIUM names another.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// printFor is how long a browser may take to print a report.
const printFor = 2 * time.Minute

// errNoBrowser says what a PDF needs.
var errNoBrowser = errors.New("a PDF is printed by a Chromium, and none is on PATH: install one, set CHROMIUM to its path, or print the page (--format html) from any browser")

func findBrowser() (string, error) {
	for _, name := range append([]string{os.Getenv("CHROMIUM")}, browsers...) {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// printPage has a browser print a page to a PDF. The page loads nothing, and the browser is
// told to ask the network for nothing either.
func printPage(ctx context.Context, page []byte, pdf string) (err error) {
	browser, err := findBrowser()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "banshift-print-")
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "report.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, printFor)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf=" + filepath.Join(dir, "report.pdf")}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // it refuses to run as root otherwise
	}
	said, err := exec.CommandContext(ctx, browser, append(args, (&url.URL{Scheme: "file", Path: path}).String())...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %.300s", browser, err, said)
	}
	printed, err := os.ReadFile(filepath.Join(dir, "report.pdf"))
	if err != nil {
		return fmt.Errorf("%s printed nothing: %.300s", browser, said)
	}
	return os.WriteFile(pdf, printed, 0o666)
}
