-- title: Rejected records
-- question: What could not be used, and why?
-- param source String = '': one source; empty for all
-- column source key: where the records came from
-- column reason key: why they could not be used
-- column records sum: how many
-- column first_offset text: position of the first of them in its partition
-- column excerpt text: one of them, redacted
SELECT
    source,
    reason,
    count() AS records,
    min(offset) AS first_offset,
    argMin(excerpt, (partition, offset)) AS excerpt
FROM rejects
WHERE {source:String} = '' OR source = {source:String}
GROUP BY source, reason
ORDER BY records DESC, source, reason
