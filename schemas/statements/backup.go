package statements

import _ "embed"

// BackupColumns lists the columns that are kept of each table; BackupParts the partitions of one (%s), and BackupRows
// gives the rows of a partition as they are, merged or not.
//
//go:embed backup_columns.sql
var BackupColumns string

//go:embed backup_parts.sql
var BackupParts string

//go:embed backup_rows.sql
var BackupRows string

// RestoreRows takes what [BackupRows] gave.
//
//go:embed restore_rows.sql
var RestoreRows string

// RestoreDone takes the mark away that a restore under way has in the list of migrations (on a cluster %s).
//
//go:embed restore_done.sql
var RestoreDone string

// HoldsRows counts the rows of a table.
//
//go:embed holds_rows.sql
var HoldsRows string

// ForgottenSoFar counts what was deleted on request.
//
//go:embed forgotten_so_far.sql
var ForgottenSoFar string
