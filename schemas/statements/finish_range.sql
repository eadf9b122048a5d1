INSERT INTO batches
SELECT * REPLACE ('done' AS state, {epoch:UInt64} AS epoch, now64(3, 'UTC') AS at)
FROM batches
WHERE source = {source:String} AND partition = {partition:Int32} AND first = {first:Int64} AND next = {next:Int64} AND state = 'intended'
ORDER BY at DESC
LIMIT 1
SETTINGS insert_deduplicate = 0
