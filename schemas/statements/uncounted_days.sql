SELECT country, toInt32(day), sum(stored), max(counted_at), now64(3, 'UTC')
FROM
(
    SELECT country, day, touches AS stored, 0 AS of, 0 AS seen, toDateTime64(0, 3, 'UTC') AS counted_at FROM touched
    UNION ALL
    SELECT country, day, 0, version, touches, as_of FROM countings
)
GROUP BY country, day
HAVING sum(stored) != 0 AND sum(stored) != argMax(seen, of)
ORDER BY toYYYYMM(day), country, day
