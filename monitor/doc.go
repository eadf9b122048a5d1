// Package monitor tells people and programs how a running program does: which of its stages is
// stuck and why, and its counts as metrics in Prometheus's format.
//
// It must never change what it watches, wait for it, or show whose traffic was counted: what it gives
// away are sums over all clients, names of topics and of stages.
package monitor
