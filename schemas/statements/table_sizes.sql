SELECT table, toUInt64(sum(bytes_on_disk)) FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table
