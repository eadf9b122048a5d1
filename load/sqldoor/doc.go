// Package sqldoor opens an embedded store to programs that draw dashboards: it speaks ClickHouse's HTTP interface to them,
// and hands on to the engine what a guard let through, as a user who may read the tables without clients in them.
//
// It must never let a statement reach the engine unseen, show one to a log, or have the engine see a password: with a
// wrong one at its own native port libchdb aborts.
//
// The interface is that of https://clickhouse.com/docs/interfaces/http, as far as reading needs it.
package sqldoor
