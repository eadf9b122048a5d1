SELECT c.country, toInt32(c.day), c.version
FROM
(
    SELECT country, day, q.version AS version, sum(records) AS records
    FROM counted_questions AS q
    WHERE grouping = 'all' AND (country, day) IN {days:Array(Tuple(String, Date))}
        AND (country, day, q.version) IN (SELECT country, day, argMax(v.questions, v.version) FROM countings AS v GROUP BY country, day)
    GROUP BY country, day, version
) AS c
LEFT JOIN
(
    SELECT d.country AS country, toDate(d.hour) AS day, sum(d.records) AS records
    FROM dns_usage AS d
    WHERE d.country IN {countries:Array(String)}
        AND d.hour >= toDateTime({from:Date}, 'UTC') AND d.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
        AND (d.country, toDate(d.hour)) IN {days:Array(Tuple(String, Date))}
    GROUP BY country, day
) AS kept ON kept.country = c.country AND kept.day = c.day
WHERE kept.records < c.records
ORDER BY c.country, c.day
