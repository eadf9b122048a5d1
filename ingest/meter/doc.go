// Package meter turns packets into biflows: pcap and pcapng in, one record.Flow a
// five-tuple and one record.DNS a query out, with what the first payloads of each
// flow say (sizes, signature bits, server name, ALPN, JA4).
//
// It must never keep a payload longer than it takes to inspect the first packets of
// its flow, never write one anywhere, and never let a capture, however long or
// malformed, use more than a bounded amount of memory.
package meter
