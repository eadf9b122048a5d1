SELECT
    countIf(stored_on < {edge:Date}), sumIf(records, stored_on < {edge:Date}), count(),
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND table = 'dns_usage')
FROM dns_usage
