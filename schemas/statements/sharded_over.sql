SELECT
    (SELECT any(checksum) FROM migrations WHERE number = 4294967294),
    (SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine = 'Distributed')
