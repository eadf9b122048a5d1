SELECT table, toUInt64(sum(bytes_on_disk)), toUInt64(sum(rows)) FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table
