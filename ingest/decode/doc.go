// Package decode says what the bytes of a telemetry source mean: one file a format,
// each filling the record forms of ingest/record and handing them to a sink.
//
// It must never open, fetch or write anything, never log a record, and never decide
// who the client is: sources bring the bytes, the privacy gate behind the sink
// decides.
//
// Every record that is read reaches the sink exactly once, as a flow, as a DNS
// query, as a reject with a reason, or as a skip with a reason. Where a format needs
// several records for one (nDPId events of a flow, a DNS query and its response),
// the joined record is given when the last of them is read, at that one's position,
// and the others are skipped: positions never decrease.
//
// Zeek writes one connection into several logs under one uid. In one stream, and with
// [WithDetails] across files, the record of conn.log is the flow and those of ssl, socks
// and tunnel give it names and signatures; where no connection of their uid is met they
// are flows without bytes.
package decode
