SELECT
    partition, first, next,
    any(beside_first), any(beside_next),
    anyIf(clock, state = 'intended'),
    max(state) = 'done'
FROM batches
WHERE source = ?
GROUP BY partition, first, next
ORDER BY partition, first
