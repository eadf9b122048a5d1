SELECT c.country, toInt32(c.day), c.version
FROM
(
    SELECT country, day, d.version AS version, sum(records) AS records
    FROM counted_days AS d
    WHERE grouping = 'all' AND level = 'unclassified' AND (country, day) IN {days:Array(Tuple(String, Date))}
        AND (country, day, d.version) IN (SELECT country, day, max(v.version) FROM countings AS v GROUP BY country, day)
    GROUP BY country, day, version
) AS c
LEFT JOIN
(
    SELECT u.country AS country, toDate(u.hour) AS day, sum(u.records) AS records
    FROM usage AS u
    WHERE u.country IN {countries:Array(String)}
        AND u.hour >= toDateTime({from:Date}, 'UTC') AND u.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
        AND (u.country, toDate(u.hour)) IN {days:Array(Tuple(String, Date))}
    GROUP BY country, day
) AS kept ON kept.country = c.country AND kept.day = c.day
WHERE kept.records < c.records
ORDER BY c.country, c.day
