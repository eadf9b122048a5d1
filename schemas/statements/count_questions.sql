INSERT INTO counted_questions
SELECT
    g.1 AS grouping, d.country AS country, toDate(d.hour) AS day, d.simulated AS simulated, g.2 AS service, g.3 AS name,
    uniqExact(d.client), sum(d.queries), sum(d.answered), sum(d.failed), sum(d.no_response), sum(d.records), c.3 AS version
FROM dns_usage AS d
ARRAY JOIN if(d.service = '', [('all', '', '')], [('all', '', ''), ('service', toString(d.service), ''), ('name', toString(d.service), d.name)]) AS g
INNER JOIN (SELECT arrayJoin({versions:Array(Tuple(String, Date, UInt64))}) AS c) AS v ON c.1 = d.country AND c.2 = toDate(d.hour)
WHERE d.country IN {countries:Array(String)}
    AND d.hour >= toDateTime({from:Date}, 'UTC') AND d.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
GROUP BY grouping, country, day, simulated, service, name, version
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0
