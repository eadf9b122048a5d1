package statements

import _ "embed"

// ShardedOver gives the cluster over which the store lies, empty for none, and how many tables are distributed.
//
//go:embed sharded_over.sql
var ShardedOver string

// ShardHosts lists the servers of a cluster, and which replica of its shard each is.
//
//go:embed shard_hosts.sql
var ShardHosts string

// DatabaseComment reads what a database says of itself, TableEngine how a table is kept.
//
//go:embed database_comment.sql
var DatabaseComment string

//go:embed table_engine.sql
var TableEngine string

// DistributedTable makes a table (%[1]s) that is read from that of a database (%[2]s, as text %[4]s and %[5]s) on each
// server of a cluster (%[3]s). DistributedUsageNamed makes the view of usage with the names of verdicts.
//
//go:embed distributed_table.sql
var DistributedTable string

//go:embed distributed_usage_named.sql
var DistributedUsageNamed string
