package statements

import _ "embed"

// LedgerSums adds up the finished batches, TableSums the records of the tables.
//
//go:embed ledger_sums.sql
var LedgerSums string

//go:embed table_sums.sql
var TableSums string

// KeptDays reads a table's retention in days, KeptSince since when no retention of so many
// days can have taken rows of flows, KeptFlows what ledger and table have of flows since.
//
//go:embed kept_days.sql
var KeptDays string

//go:embed kept_since.sql
var KeptSince string

//go:embed kept_flows.sql
var KeptFlows string

// UnbalancedSources lists the sources whose batches do not add up, UnbalancedRejects those
// that have other rejects than the ledger says.
//
//go:embed unbalanced_sources.sql
var UnbalancedSources string

//go:embed unbalanced_rejects.sql
var UnbalancedRejects string
