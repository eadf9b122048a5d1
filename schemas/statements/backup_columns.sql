SELECT table, name
FROM system.columns
WHERE database = currentDatabase() AND default_kind NOT IN ('EPHEMERAL', 'ALIAS')
    AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
ORDER BY table, position
