module github.com/banshift/banshift/deploy/site

go 1.26.7

require (
	github.com/yuin/goldmark v1.8.7
	golang.org/x/net v0.62.0
)
