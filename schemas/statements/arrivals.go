package statements

import _ "embed"

// InsertMissing is [InsertFenced] for the rows of some monthly partitions; %[4]s is the time that they are made by.
//
//go:embed insert_missing.sql
var InsertMissing string

// ArrivedPartitions lists those of some partitions of a table (%[1]s) that the rows of an insert arrived in.
//
//go:embed arrived_partitions.sql
var ArrivedPartitions string

// NotArrivedOnce lists inserts into a table (%[1]s) of ranges that are done, whose rows did
// not arrive, or more than once.
//
//go:embed not_arrived_once.sql
var NotArrivedOnce string
