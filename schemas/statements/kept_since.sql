-- Flows of before the last deletion of some of them are not compared.
WITH greatest(now64(3, 'UTC') - toIntervalDay(?) + toIntervalHour(1),
    (SELECT max(at) FROM forgotten WHERE what NOT IN ('source', 'retention') AND table_name = 'flows')) AS edge
SELECT greatest(edge, maxIf(finished, started < edge AND finished IS NOT NULL))
FROM (SELECT started, assumeNotNull(finished) AS finished FROM ledger WHERE state = 'done')
