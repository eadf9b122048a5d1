SELECT source, maxIf(next, partition = 0) AS bytes
FROM batches
WHERE startsWith(source, 'file:') AND state = 'done'
GROUP BY source
HAVING countIf(partition = -1 AND first = 0) > 0
