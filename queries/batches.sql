-- title: Ledger of batches
-- question: Which ranges of which source have been stored, and what became of their records?
-- param source String = '': one source; empty for all
-- param state String = '': intended or done; empty for both
-- column source key: where the records came from
-- column partition key: partition of the source
-- column first key: first position, inclusive
-- column next key: first position behind the range
-- column state key: intended (begun) or done
-- column records_in sum: records read
-- column stored sum: of these, in table flows
-- column folded sum: of these, only in the usage tables
-- column rejected sum: of these, in table rejects
-- column skipped sum: lines that are no records
-- column pack text: version of the rule pack
-- column lists text: versions of the lists
-- column key_id text: pseudonym key
-- column first_event text: time of the earliest record
-- column last_event text: time of the latest record
-- column simulated key: 1 where the records are simulated
-- column started text: when the range was written down
-- column finished text: when it was stored
SELECT
    source, partition, first, next, state, records_in, stored, folded, rejected, skipped,
    pack, lists, key_id, first_event, last_event, simulated, started, finished
FROM ledger
WHERE ({source:String} = '' OR source = {source:String})
    AND ({state:String} = '' OR state = {state:String})
    AND partition >= -1
ORDER BY source, partition, first, next
