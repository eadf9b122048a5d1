-- title: Sources
-- question: What has been read from each source, and is all of it accounted for?
-- column source key: where the records came from
-- column partitions sum: how many partitions it has
-- column batches sum: batches that are stored
-- column unfinished sum: batches that were begun and not finished
-- column records_in sum: records read
-- column stored sum: of these, in table flows
-- column folded sum: of these, only in the usage tables
-- column rejected sum: of these, in table rejects
-- column unaccounted sum: records_in - stored - folded - rejected; has to be 0
-- column first_event text: time of the earliest record
-- column last_event text: time of the latest record
-- column simulated key: 1 where some records are simulated
-- column last_stored text: when the last batch was stored
SELECT
    source,
    uniqExactIf(partition, partition != 2147483647) AS partitions,
    countIf(state = 'done') AS batches,
    countIf(state = 'intended') AS unfinished,
    sumIf(l.records_in, state = 'done') AS records_in,
    sumIf(l.stored, state = 'done') AS stored,
    sumIf(l.folded, state = 'done') AS folded,
    sumIf(l.rejected, state = 'done') AS rejected,
    toInt64(records_in) - toInt64(stored + folded + rejected) AS unaccounted,
    min(l.first_event) AS first_event,
    max(l.last_event) AS last_event,
    max(l.simulated) AS simulated,
    max(finished) AS last_stored
FROM ledger AS l
WHERE partition >= -1
GROUP BY source
ORDER BY source
