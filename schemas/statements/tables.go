package statements

import _ "embed"

// DatabaseExists counts the databases of a name; CreateDatabase makes one (%[1]s, on a cluster %[2]s).
//
//go:embed database_exists.sql
var DatabaseExists string

//go:embed create_database.sql
var CreateDatabase string

// MigrationRecord writes down that a migration was applied, MigrationRecords lists those that were.
//
//go:embed migration_record.sql
var MigrationRecord string

//go:embed migration_records.sql
var MigrationRecords string

// TableDDL reads how a table was made.
//
//go:embed table_ddl.sql
var TableDDL string

// KeepRows has the rows of a table (%[1]s, on a cluster %[2]s) kept for days (%[4]d) from a time (%[3]s).
// KeepRowsForEver ends that.
//
//go:embed keep_rows.sql
var KeepRows string

//go:embed keep_rows_for_ever.sql
var KeepRowsForEver string

// EngineFunctions lists the functions that the engine knows, StoreColumns the columns of the store.
//
//go:embed engine_functions.sql
var EngineFunctions string

//go:embed store_columns.sql
var StoreColumns string

// DashboardGrants are what programs that draw dashboards may read: the tables in which no client is, a GRANT a line.
//
//go:embed dashboard_grants.sql
var DashboardGrants string

// ResultRows reads the table that goes with a request, NoRows none of a statement (%s).
//
//go:embed result_rows.sql
var ResultRows string

//go:embed no_rows.sql
var NoRows string

// HoldMigration runs for as long as whoever asked it listens. Of its id a server runs one.
//
//go:embed hold_migration.sql
var HoldMigration string

// MigrationsTable makes the table of applied migrations (on a cluster %[1]s, engine %[2]s).
//
//go:embed migrations_table.sql
var MigrationsTable string

// EngineAlive opens the HTTP port of an embedded engine and then waits: it ends with its
// statements. EngineNative, put before, opens the native port.
//
//go:embed engine_alive.sql
var EngineAlive string

//go:embed engine_native.sql
var EngineNative string
