SELECT DISTINCT first
FROM batches
WHERE source = ? AND partition = -3
