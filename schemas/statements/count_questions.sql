-- A client is on one shard, which counts its own clients to the end (no_merge): they add up.
INSERT INTO counted_questions
SELECT
    grouping, country, day, simulated, service, name,
    sum(of.clients), sum(of.queries), sum(of.answered), sum(of.failed), sum(of.no_response), sum(of.records), version
FROM
(
    SELECT
        g.1 AS grouping, d.country AS country, toDate(d.hour) AS day, d.simulated AS simulated, g.2 AS service, g.3 AS name,
        uniqExact(d.client) AS clients, sum(d.queries) AS queries, sum(d.answered) AS answered, sum(d.failed) AS failed,
        sum(d.no_response) AS no_response, sum(d.records) AS records, c.3 AS version
    FROM dns_usage AS d
    ARRAY JOIN if(d.service = '', [('all', '', '')], [('all', '', ''), ('service', toString(d.service), ''), ('name', toString(d.service), d.name)]) AS g
    INNER JOIN (SELECT arrayJoin({versions:Array(Tuple(String, Date, UInt64))}) AS c) AS v ON c.1 = d.country AND c.2 = toDate(d.hour)
    WHERE d.country IN {countries:Array(String)}
        AND d.hour >= toDateTime({from:Date}, 'UTC') AND d.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
    GROUP BY grouping, country, day, simulated, service, name, version
) AS of
GROUP BY grouping, country, day, simulated, service, name, version
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0, distributed_group_by_no_merge = 1
