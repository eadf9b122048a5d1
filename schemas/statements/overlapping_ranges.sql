SELECT source, partition, first, next, before.2 AS other_first, before.1 AS other_next
FROM
(
    SELECT
        source, partition, first, next,
        max((next, first)) OVER (PARTITION BY source, partition ORDER BY first, next
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM ledger
    WHERE state = 'done'
)
WHERE before.1 > first
ORDER BY source, partition, first, next
