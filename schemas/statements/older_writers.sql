SELECT count() FROM system.processes WHERE startsWith(query_id, ?) AND NOT startsWith(query_id, ?)
