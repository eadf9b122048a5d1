SELECT c.country, toInt32(toDate(c.hour)), max(c.version)
FROM counted_hours AS c
WHERE c.grouping = 'all' AND c.level = 'unclassified' AND c.country IN {countries:Array(String)}
    AND c.hour >= toDateTime({from:Date}, 'UTC') AND c.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
    AND (c.country, toDate(c.hour)) IN {days:Array(Tuple(String, Date))}
GROUP BY c.country, toDate(c.hour)
