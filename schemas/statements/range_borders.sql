SELECT DISTINCT arrayJoin([first, next]) AS border
FROM batches
WHERE source = ? AND partition = ? AND border > ? AND border < ?
ORDER BY border
