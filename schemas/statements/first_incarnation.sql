SELECT DISTINCT first
FROM batches
WHERE source = ? AND partition = -3 AND state = 'done'
