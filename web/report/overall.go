package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/web"
)

// RenderOverall writes what events did on average as one HTML file, without a script. The page may load nothing.
func RenderOverall(w io.Writer, o account.Overall) error {
	bundle, err := web.Assets()
	if err != nil {
		return err
	}
	pages, err := template.New("overall.html").Funcs(functions).ParseFS(templates, "templates/*.html")
	if err != nil {
		return fmt.Errorf("page of averages: templates: %w", err)
	}
	style := InlineStyle(bundle.Style)
	var page bytes.Buffer // so that an error leaves no half file
	err = pages.Execute(&page, struct {
		account.Overall
		Policy string
		Style  template.CSS
	}{o, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + sourceHash(style), template.CSS(style)}) //nolint:gosec // the program's own bundle
	if err != nil {
		return fmt.Errorf("page of averages: %w", err)
	}
	_, err = page.WriteTo(w)
	return err
}
