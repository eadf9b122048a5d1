SELECT toInt32(clock), beside_first, beside_next
FROM batches
WHERE source = ? AND partition = -4 AND state = 'done' AND first >= ? AND first < ?
ORDER BY first
