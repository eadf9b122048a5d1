// Package engine runs a ClickHouse engine on a directory, as a child process of this
// program that listens on loopback only, with generated passwords.
//
// The engine is libchdb.so (opened by a child of our own binary) or a clickhouse
// binary; nothing above this package knows which. It must never listen beyond
// loopback, print a password, or leave a child behind.
package engine
