// Package kafka reads telemetry from Kafka topics as ranges of offsets that can be
// read again exactly, and writes simulated telemetry to them.
//
// The caller's ledger decides where reading goes on; the group's committed offsets
// are written for lag monitors only and never read. Membership of the consumer group
// comes from kafka-go's generations, records from its protocol layer, which checks the
// CRC of every batch.
//
// It must never skip an offset silently, hand one out twice in a generation, or look
// into a record.
package kafka
