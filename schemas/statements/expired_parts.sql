SELECT
    countIf(active),
    sumIf(bytes_on_disk, delete_ttl_info_max <= now() OR NOT active)
FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND delete_ttl_info_min > toDateTime(0)
    AND delete_ttl_info_min <= now() - toIntervalSecond({grace:UInt32})
