WITH begun AS (SELECT source, partition, first, next FROM ledger WHERE state = 'intended')
SELECT
    source, partition, first, next,
    arrayFirst(r -> r.1 < next AND first < r.2, stored.ranges).1 AS other_first,
    arrayFirst(r -> r.1 < next AND first < r.2, stored.ranges).2 AS other_next
FROM begun
LEFT JOIN
(
    SELECT source, partition, groupArray((first, next)) AS ranges
    FROM ledger
    WHERE state = 'done' AND (source, partition) IN (SELECT source, partition FROM begun)
    GROUP BY source, partition
) AS stored USING (source, partition)
ORDER BY source, partition, first, next
