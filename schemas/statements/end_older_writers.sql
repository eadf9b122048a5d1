KILL QUERY WHERE startsWith(query_id, ?) AND NOT startsWith(query_id, ?) SYNC
