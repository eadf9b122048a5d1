package statements

import _ "embed"

// KeyInForce reads the fingerprint of the key that is in use.
//
//go:embed key_in_force.sql
var KeyInForce string

// DataSet names a store by the first key of its pseudonyms, and when that was first used.
//
//go:embed data_set.sql
var DataSet string

// Erase deletes the rows of a table (%[1]s, %[2]s for a cluster) that %[3]s holds for, and waits for that.
//
//go:embed erase.sql
var Erase string

// OutOfUse counts parts of a table that are out of use, and texts of its deletions but the last.
//
//go:embed out_of_use.sql
var OutOfUse string

// ExpiredParts counts parts of a table that have expired rows, and the bytes of those that have no other.
//
//go:embed expired_parts.sql
var ExpiredParts string

// Forget says which rows are deleted, by what is forgotten: YAML.
//
//go:embed forget.yaml
var Forget []byte

// BegunExpiring lists deletions by retention that were begun and not finished.
//
//go:embed begun_expiring.sql
var BegunExpiring string

// StillCounted adds up the records that were deleted and that the ledger counts.
//
//go:embed still_counted.sql
var StillCounted string

// Readings lists the names of a source and its later readings, and whether one was stored before rows
// carried the number of their source.
//
//go:embed readings.sql
var Readings string

// RangesOfDay lists the stored ranges all of whose records are of a day.
//
//go:embed ranges_of_day.sql
var RangesOfDay string

// DaysOf lists the days of countries that rows of a table (%[1]s) are of that %[2]s holds for.
//
//go:embed days_of.sql
var DaysOf string

// TimesForgotten counts how often a source was forgotten.
//
//go:embed times_forgotten.sql
var TimesForgotten string

// PartitionsOf lists the partitions of sources.
//
//go:embed partitions_of.sql
var PartitionsOf string

// SameFile lists names under which a source may have been stored, and the key of then.
//
//go:embed same_file.sql
var SameFile string

// KnownExporters lists the names of sensors that reported.
//
//go:embed known_exporters.sql
var KnownExporters string

// RowsWhere counts the rows of a table (%[1]s) that %[2]s holds for.
//
//go:embed rows_where.sql
var RowsWhere string

// TimeNow reads the engine's clock.
//
//go:embed time_now.sql
var TimeNow string

// StartCleanup has the engine remove what is out of use of a table (%[1]s).
//
//go:embed start_cleanup.sql
var StartCleanup string

// SweepSoon has a table (%[1]s, %[2]s for a cluster) keep nothing that is out of use, SweepLate what it kept before.
//
//go:embed sweep_soon.sql
var SweepSoon string

//go:embed sweep_late.sql
var SweepLate string

// LedgerRecords adds up the records that the ledger counts as stored or folded.
//
//go:embed ledger_records.sql
var LedgerRecords string

// DNSExpired counts the questions that were stored before a day, their records, all of them, and their bytes.
//
//go:embed dns_expired.sql
var DNSExpired string

// TextColumns lists the columns that could hold an address: texts, prefixes, pseudonyms.
//
//go:embed text_columns.sql
var TextColumns string

// TextsOf lists the values of a column (%[2]s) of a table (%[1]s), LongPrefixes counts those that are more than a
// prefix, NoPseudonyms those that look like an address in 64 bits.
//
//go:embed texts_of.sql
var TextsOf string

//go:embed long_prefixes.sql
var LongPrefixes string

//go:embed no_pseudonyms.sql
var NoPseudonyms string
