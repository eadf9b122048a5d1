SELECT source, min(at) < (SELECT min(applied_at) FROM migrations WHERE number = 11) AS early
FROM batches
WHERE source = ? OR startsWith(source, ?)
GROUP BY source
ORDER BY source
