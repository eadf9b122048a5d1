SELECT c.table, c.name, c.type
FROM system.columns AS c
INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE c.database = currentDatabase() AND t.engine NOT LIKE '%View' AND c.table NOT IN ('migrations', 'blocklist', 'series', 'events', 'effects', 'spikes')
    AND (c.type LIKE '%String%' OR c.type = 'IPv6' OR c.name = 'client')
ORDER BY c.table, c.position
