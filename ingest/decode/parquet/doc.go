// Package parquet reads columns of Parquet files that others wrote, from
// https://github.com/apache/parquet-format (format version 2.11): each codec but LZO, each
// encoding but BIT_PACKED, both versions of data pages, columns of plain values and lists.
//
// It must never believe a length, an offset or a count before it is compared with what the
// file has, and never take memory but from its allocator: a file is somebody else's, and may
// be damaged or made to do harm. What it cannot read it refuses by name.
package parquet
