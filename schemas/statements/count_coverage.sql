INSERT INTO counted_coverage (country, day, exporter, simulated, hours, flow_records, dns_records)
SELECT country, toDate(hour) AS day, exporter, simulated, uniqExact(hour), sum(c.flow_records), sum(c.dns_records)
FROM coverage AS c
WHERE c.country IN {countries:Array(String)}
    AND c.hour >= toDateTime({from:Date}, 'UTC') AND c.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
    AND (c.country, toDate(c.hour)) IN {days:Array(Tuple(String, Date))}
GROUP BY country, day, exporter, simulated
SETTINGS insert_deduplicate = 0
