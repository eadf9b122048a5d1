SELECT source, sum(records_in) AS a, sum(stored + folded + rejected) AS b
FROM ledger
WHERE state = 'done'
GROUP BY source
HAVING a != b
ORDER BY source
