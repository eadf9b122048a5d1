INSERT INTO batches (%[1]s)
SELECT %[1]s FROM input(%[2]s)
WHERE throwIf((source, greatest(partition, toInt32(0)), epoch) NOT IN (SELECT source, partition, max(epoch) FROM leases WHERE source IN {sources:Array(String)} GROUP BY source, partition), 'lease taken') = 0
FORMAT JSONEachRow
