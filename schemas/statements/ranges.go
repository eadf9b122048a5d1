// Package statements holds what the program asks of the store for itself: SQL that
// answers no question of a reader's. Those are in queries/.
package statements

import _ "embed"

// OverlappingRanges finds stored ranges that begin before an earlier one of their
// partition ends, each with that one: their records are stored twice.
//
//go:embed overlapping_ranges.sql
var OverlappingRanges string

// UnfinishedRanges finds ranges that were begun and not finished, each with the first
// stored one that it overlaps; 0, 0 where there is none.
//
//go:embed unfinished_ranges.sql
var UnfinishedRanges string

// FilesRead lists the files that something is stored of: whether they were read to their end,
// what of their contents was read when, each with its bytes, digest, and the position behind it,
// and of what contents the reading began.
//
//go:embed files_read.sql
var FilesRead string

// StoreTakes gives active parts, merges under way, bytes on the disk, and what is free of the fullest disk.
//
//go:embed store_takes.sql
var StoreTakes string

// TableSizes gives the bytes of each table on the disk, TelemetrySoFar how many records were read and of how
// many days they are.
//
//go:embed table_sizes.sql
var TableSizes string

//go:embed telemetry_so_far.sql
var TelemetrySoFar string

// FirstIncarnation gives the note of which topic was read first under a name.
//
//go:embed first_incarnation.sql
var FirstIncarnation string

// RoundParts lists what was noted of a round of a topic: partitions and offsets.
//
//go:embed round_parts.sql
var RoundParts string

// KnownRanges lists what the ledger has of a source, each range once: its window, clock and
// token, the inserts of one that is not done, its epoch, whether it is done, whether its
// inserts are marked, and whether a version wrote it that left no marks. RangeBorders lists
// where those of a partition begin and end strictly inside a range.
//
//go:embed known_ranges.sql
var KnownRanges string

//go:embed range_borders.sql
var RangeBorders string

// FinishRange marks a range done that was begun, TakeRangeBack forgets that it was, and
// TouchRange has the days counted again that it has records of.
//
//go:embed finish_range.sql
var FinishRange string

//go:embed take_range_back.sql
var TakeRangeBack string

//go:embed touch_range.sql
var TouchRange string
