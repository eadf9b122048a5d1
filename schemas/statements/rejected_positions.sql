SELECT DISTINCT offset
FROM rejects
WHERE source = ? AND partition = ?
ORDER BY offset
