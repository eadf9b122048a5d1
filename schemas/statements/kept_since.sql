WITH now64(3, 'UTC') - toIntervalDay(?) + toIntervalHour(1) AS edge
SELECT greatest(edge, maxIf(finished, started < edge AND finished IS NOT NULL))
FROM (SELECT started, assumeNotNull(finished) AS finished FROM ledger WHERE state = 'done')
