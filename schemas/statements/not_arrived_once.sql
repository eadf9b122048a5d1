WITH
    %[2]d AS days
SELECT source, partition, first, next, part, times
FROM
(
    SELECT source, partition, first, next, sipHash64(concat(token, '-', splitByChar('/', entry)[1])) AS mark, splitByChar('/', entry)[2] AS part
    FROM
    (
        SELECT source, partition, first, next, any(b.token) AS token, arrayJoin(argMax(b.inserts, (b.state, b.at))) AS entry, min(b.at) AS began
        FROM batches AS b
        GROUP BY source, partition, first, next
        HAVING max(b.state) = 'done' AND countIf(b.records_in > 0 AND empty(b.inserts)) = 0
    )
    -- What retention may have taken, or what forgetting took of stored ranges, proves nothing.
    WHERE startsWith(entry, '%[1]s-') AND (days = 0 OR began > now() - toIntervalDay(days) + toIntervalDay(1))
        AND began > (SELECT max(at) FROM forgotten WHERE what IN ('day', 'network', 'client-day'))
) AS written
LEFT JOIN
(
    SELECT mark, part, sum(n) AS times
    FROM
    (
        SELECT arrayJoin(arrayZip(arrivedMap.mark, arrivedMap.times)) AS pair, pair.1 AS mark, pair.2 AS n, toString(_partition_id) AS part
        FROM %[1]s
        WHERE notEmpty(arrivedMap.mark)
    )
    GROUP BY mark, part
) AS arrived USING (mark, part)
WHERE times != 1
ORDER BY source, partition, first, next, part
