package report

import (
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
	style := InlineStyle(bundle.Style)
	err = execute(w, "overall.html", struct {
		account.Overall
		Policy string
		Style  template.CSS
	}{o, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + sourceHash(style), template.CSS(style)}) //nolint:gosec // the program's own bundle
	if err != nil {
		return fmt.Errorf("page of averages: %w", err)
	}
	return nil
}
