// Package statements holds the SQL that the store itself runs, one statement a file, with {name:Type} for
// each parameter. What answers a question of a user is in queries. It must never hold anything but SQL.
package statements

import _ "embed"

// UncountedDays lists the days whose telemetry the finished counts have not seen whole, and the engine's time.
//
//go:embed uncounted_days.sql
var UncountedDays string

// UsageOfDays reads the rows of usage of some days of countries, client by client.
//
//go:embed usage_of_days.sql
var UsageOfDays string

// AlikeOfDays does so on a shard, and counts the clients that did alike there: on each shard others.
//
//go:embed alike_of_days.sql
var AlikeOfDays string

// CountCoverage counts what the sensors reported on some days of countries.
//
//go:embed count_coverage.sql
var CountCoverage string

// CoverDays counts, from these, what each day was covered by, and the days around it.
//
//go:embed cover_days.sql
var CoverDays string

// NewestVersions reads the highest version of the counts of some days, finished or not.
//
//go:embed newest_versions.sql
var NewestVersions string

// CountNetworks stores the use of each network, from the counts of some days and versions.
//
//go:embed count_networks.sql
var CountNetworks string

// CountQuestions counts the DNS questions of some days under versions.
//
//go:embed count_questions.sql
var CountQuestions string

// CountServers counts the clients of servers that no list names on some days, under versions of their counts;
// CountUnknown judges which of these servers came up, on these days and on the 27 after them.
//
//go:embed count_servers.sql
var CountServers string

//go:embed count_unknown.sql
var CountUnknown string

// VerdictNames reads the names of all verdicts.
//
//go:embed verdict_names.sql
var VerdictNames string

// ExpiredDays lists those of some days whose usage holds fewer records than were counted: retention took them.
//
//go:embed expired_days.sql
var ExpiredDays string

// ExpiredQuestions lists those whose DNS questions are fewer than were counted.
//
//go:embed expired_questions.sql
var ExpiredQuestions string

// KeepHours gives the counts of a day's hours another version, KeepDays those of the day.
//
//go:embed keep_hours.sql
var KeepHours string

//go:embed keep_days.sql
var KeepDays string

// CountedRecords adds up the telemetry records that were counted.
//
//go:embed counted_records.sql
var CountedRecords string

// TouchAll has every day counted again.
//
//go:embed touch_all.sql
var TouchAll string

// Contents looks at what the store holds.
//
//go:embed contents.sql
var Contents string

// RejectedPositions lists where records of a partition (source, partition) were rejected, in order.
//
//go:embed rejected_positions.sql
var RejectedPositions string

// InsertArrow inserts an Arrow stream into a table (%[1]s), columns %[2]s; InsertJSON JSON lines into one.
//
//go:embed insert_arrow.sql
var InsertArrow string

//go:embed insert_json.sql
var InsertJSON string

// Ping asks whether a user may ask.
//
//go:embed ping.sql
var Ping string
