-- title: Ledger of batches
-- question: Which ranges of which source have been stored, and what became of their records?
-- param source String = '': one source; empty for all
-- param state String = '': intended or done; empty for both
-- column source: where the records came from
-- column partition: partition of the source
-- column first: first position, inclusive
-- column next: first position behind the range
-- column state: intended (begun) or done
-- column records_in: records read
-- column stored: of these, in table flows
-- column folded: of these, only in the usage tables
-- column rejected: of these, in table rejects
-- column skipped: lines that are no records
-- column pack: version of the rule pack
-- column lists: versions of the lists
-- column key_id: pseudonym key
-- column first_event: time of the earliest record
-- column last_event: time of the latest record
-- column simulated: 1 where the records are simulated
-- column started: when the range was written down
-- column finished: when it was stored
SELECT
    source, partition, first, next, state, records_in, stored, folded, rejected, skipped,
    pack, lists, key_id, first_event, last_event, simulated, started, finished
FROM ledger
WHERE ({source:String} = '' OR source = {source:String})
    AND ({state:String} = '' OR state = {state:String})
ORDER BY source, partition, first, next
