SELECT source, sum(a) AS a, sum(b) AS b
FROM
(
    SELECT source, sumIf(rejected, state = 'done') AS a, 0 AS b FROM ledger GROUP BY source
    UNION ALL
    SELECT source, 0 AS a, count() AS b FROM rejects GROUP BY source
)
GROUP BY source
HAVING a != b
ORDER BY source
