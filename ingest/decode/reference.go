package decode

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// sources are the decoders themselves: the reference of formats is read from them.
//
//go:embed reason.go dns_names.go wire_flow.go goflow2_json.go goflow2_protobuf.go pmacct.go suricata.go ndpid.go dnscollector.go dnstap.go dnstap_message.go zeek.go zeek_kind.go zeek_records.go zeek_uid.go
var sources embed.FS

// Reference is what a decoder reads, rejects and skips, as its source says it.
type Reference struct{ Keys, Rejects, Skips []string }

// decoderFiles name the sources of a format, and the functions that take its keys.
var decoderFiles = map[Format]struct{ files, keys []string }{
	Goflow2JSON:      {[]string{"goflow2_json.go", "wire_flow.go"}, []string{"goflow2Field"}},
	Goflow2Protobuf:  {[]string{"goflow2_protobuf.go", "wire_flow.go"}, nil},
	PmacctJSON:       {[]string{"pmacct.go", "wire_flow.go"}, []string{"Decode"}},
	SuricataEVE:      {[]string{"suricata.go", "dns_names.go"}, []string{"read", "readInner", "flowKey", "tlsKey", "dnsKey"}},
	NDPId:            {[]string{"ndpid.go"}, []string{"read", "readNDPI", "readTLS"}},
	DNSCollectorJSON: {[]string{"dnscollector.go", "dns_names.go"}, []string{"member"}},
	Dnstap:           {[]string{"dnstap.go", "dns_names.go"}, nil},
	ZeekConn:         {[]string{"zeek.go", "zeek_kind.go", "zeek_records.go", "zeek_uid.go", "dns_names.go"}, nil},
}

// ReferenceOf reads the source of a format's decoder. All logs of Zeek have one: ask for [ZeekConn].
func ReferenceOf(f Format) (Reference, error) {
	of, ok := decoderFiles[f]
	if !ok {
		return Reference{}, fmt.Errorf("reference: format %s has no decoder of its own here", f)
	}
	constants := map[string]string{}
	var r Reference
	for _, name := range append([]string{"reason.go", "dns_names.go", "zeek_uid.go"}, of.files...) {
		text, err := sources.ReadFile(name)
		if err != nil {
			return r, fmt.Errorf("reference: %w", err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			return r, fmt.Errorf("reference: %w", err)
		}
		addConstants(constants, file)
		if !slices.Contains(of.files, name) {
			continue
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				r.add(fn, constants, slices.Contains(of.keys, fn.Name.Name))
			}
		}
	}
	if f == ZeekConn {
		for key := range zeekColumns {
			r.Keys = append(r.Keys, key)
		}
	}
	for _, list := range []*[]string{&r.Keys, &r.Rejects, &r.Skips} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return r, nil
}

// addConstants notes the strings that constants stand for.
func addConstants(constants map[string]string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if i < len(spec.Values) {
				if text, ok := literal(spec.Values[i]); ok {
					constants[name.Name] = text
				}
			}
		}
		return true
	})
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// add takes what a function compares keys with, rejects and skips.
func (r *Reference) add(fn *ast.FuncDecl, constants map[string]string, keys bool) {
	text := func(e ast.Expr) string {
		if id, ok := e.(*ast.Ident); ok {
			return constants[id.Name]
		}
		s, _ := literal(e)
		return s
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CaseClause:
			for _, e := range n.List {
				if s, ok := literal(e); ok && keys && s != "" {
					r.Keys = append(r.Keys, s)
				}
			}
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || len(n.Args) == 0 || text(n.Args[0]) == "" {
				return true
			}
			switch sel.Sel.Name {
			case "Reject", "reject":
				r.Rejects = append(r.Rejects, text(n.Args[0]))
			case "Skip", "skip":
				r.Skips = append(r.Skips, text(n.Args[0]))
			}
		case *ast.ReturnStmt:
			if !givesReason(fn) || len(n.Results) == 0 {
				return true
			}
			if s := text(n.Results[0]); s != "" {
				r.Rejects = append(r.Rejects, s)
			}
		}
		return true
	})
}

// givesReason reports a function whose first result is why a record is rejected.
func givesReason(fn *ast.FuncDecl) bool {
	if fn.Type.Results == nil {
		return false
	}
	first := fn.Type.Results.List[0]
	if len(first.Names) > 0 {
		return strings.HasPrefix(first.Names[0].Name, "re") // reason, reject
	}
	return fn.Name.Name == "check" || fn.Name.Name == "ends" || fn.Name.Name == "checkDNS"
}
