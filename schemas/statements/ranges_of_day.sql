SELECT source, partition, first, next
FROM ledger
WHERE state = 'done' AND partition >= 0 AND toDate(first_event) = toDate(?) AND toDate(last_event) = toDate(?)
ORDER BY source, partition, first, next
