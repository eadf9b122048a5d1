// Package blocklist reads block lists: the Russian register as zapret-info published it,
// plain lists of prefixes, CSV with a column of prefixes, and the address ranges that
// clouds publish, to compare them with.
//
// A list is what was seen on a day. It must never take the date of a decree, or of a row,
// for the day of a block.
package blocklist
