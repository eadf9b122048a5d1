-- Of days all of whose possible flows are still there: what retention took cannot be counted again. A client is on one
-- shard, which counts its own clients to the end (no_merge): they add up.
INSERT INTO counted_servers (country, day, simulated, server_net, clients, flows)
SELECT country, day, simulated, server_net, clients, flows
FROM
(
    SELECT *, sum(balance) OVER (PARTITION BY country, day, simulated) AS missing
    FROM
    (
        SELECT country, day, simulated, server_net, 0 AS whole, sum(s.clients) AS clients, sum(s.flows) AS flows, toInt64(sum(s.records)) AS balance
        FROM
        (
            SELECT
                f.country AS country, toDate(f.start) AS day, f.simulated AS simulated, if(service = '', f.server_net, toIPv6('::')) AS server_net,
                uniqExactIf(f.client, service = '') AS clients, sum(f.flow_count) AS flows, sum(f.records) AS records
            FROM flows AS f
            WHERE f.country IN {countries:Array(String)} AND level = 'possible' AND has({categories:Array(String)}, category)
                AND f.start >= toDateTime64({from:Date}, 3, 'UTC') AND f.start < toDateTime64({to:Date} + 1, 3, 'UTC')
                AND (f.country, toDate(f.start)) IN {days:Array(Tuple(String, Date))}
            GROUP BY country, day, simulated, server_net
        ) AS s
        GROUP BY country, day, simulated, server_net
        UNION ALL
        SELECT
            d.country AS country, d.day AS day, d.simulated AS simulated, toIPv6('::') AS server_net, 1 AS whole,
            sumIf(d.clients, grouping = 'all') AS clients, sumIf(d.flows, grouping = 'all') AS flows,
            -toInt64(sumIf(d.records, grouping = 'category' AND level = 'possible' AND has({categories:Array(String)}, category))) AS balance
        FROM counted_days AS d
        WHERE grouping IN ('all', 'category') AND d.country IN {countries:Array(String)} AND d.day BETWEEN {from:Date} AND {to:Date}
            AND (d.country, d.day, d.version) IN {versions:Array(Tuple(String, Date, UInt64))}
        GROUP BY country, day, simulated
    )
)
WHERE missing = 0 AND (whole = 1 OR server_net != toIPv6('::') AND clients >= {least:UInt64})
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0, distributed_group_by_no_merge = 1
