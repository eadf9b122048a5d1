package statements

import _ "embed"

// LeaseLatest reads the highest epoch of a partition of a source, and its owner.
//
//go:embed lease_latest.sql
var LeaseLatest string

// LeaseTake writes an epoch down for an owner. Under the token of its epoch only the first one is kept.
//
//go:embed lease_take.sql
var LeaseTake string

// EndOlderWriters ends the statements whose ids begin with one text and not with another;
// OlderWriters counts them.
//
//go:embed end_older_writers.sql
var EndOlderWriters string

//go:embed older_writers.sql
var OlderWriters string

// InsertFenced inserts a record into a table (%[1]s), each row with the number of its source, unless
// the lease was taken: columns %[2]s, their names and types as text %[3]s.
//
//go:embed insert_fenced.sql
var InsertFenced string

// InsertLedgerFenced inserts rows of the ledger unless the lease of one of them was taken:
// columns %[1]s, their names and types as text %[2]s.
//
//go:embed insert_ledger_fenced.sql
var InsertLedgerFenced string

// ColumnTypes reads a table's columns.
//
//go:embed column_types.sql
var ColumnTypes string
