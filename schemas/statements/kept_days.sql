SELECT toUInt64OrZero(extract(create_table_query, 'toIntervalDay\\((\\d+)\\)'))
FROM system.tables
WHERE database = currentDatabase() AND name = ?
