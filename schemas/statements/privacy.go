package statements

import _ "embed"

// KeyInForce reads the fingerprint of the key that is in use.
//
//go:embed key_in_force.sql
var KeyInForce string
