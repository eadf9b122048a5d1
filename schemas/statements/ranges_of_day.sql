WITH whole AS
(
    SELECT source, partition, first, next
    FROM ledger
    WHERE state = 'done' AND partition >= 0 AND toDate(first_event) = toDate(?) AND toDate(last_event) = toDate(?)
),
noted AS
(
    SELECT source, partition, first, next, toInt32(clock) AS part, beside_first, beside_next
    FROM batches
    WHERE state = 'done' AND partition = -4
        AND (source, intDiv(first, 4294967296)) IN (SELECT source, first FROM whole WHERE partition = 2147483647)
)
SELECT source, partition, first, next
FROM
(
    SELECT source, partition, first, next FROM whole
    UNION ALL
    SELECT source, partition, first, next FROM noted
    UNION ALL
    SELECT source, part, beside_first, beside_next FROM noted
)
ORDER BY source, partition, first, next
