// Package lists holds the small lists that the project writes itself, from what
// services publish about their own addresses; each line names its source.
//
// It must never contain a list that was copied from another project, nor an address
// of an unlisted bridge or proxy.
package lists

import _ "embed"

// EndpointsAsOf is the day on which the sources of endpoints.csv were last read.
const EndpointsAsOf = "2026-11-01"

//go:embed endpoints.csv
var endpoints []byte

// Endpoints is the list of published endpoints, in the project's CSV format.
func Endpoints() []byte { return endpoints }
