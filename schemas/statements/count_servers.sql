-- Of days all of whose possible flows are still there: what retention took cannot be counted again. A client is on one
-- shard, which counts its own clients to the end (no_merge): they add up. Of whom a server has most of an hour is known
-- once the hours of flows and those of usage, each finished on its shard, are together.
INSERT INTO counted_servers (country, day, simulated, server_net, clients, peers, flows)
WITH alone AS
(
    SELECT a.country AS country, a.day AS day, a.simulated AS simulated, a.server_net AS server_net, uniqExact(a.client) AS peers
    FROM
    (
        SELECT f.country AS country, toDate(f.start) AS day, f.simulated AS simulated, f.client AS client, toStartOfHour(f.start) AS at, server_net,
            sum((f.bytes_up + f.bytes_down) * f.flow_count) AS bytes
        FROM flows AS f
        WHERE f.country IN {countries:Array(String)} AND level = 'possible' AND service = '' AND has({categories:Array(String)}, category)
            AND f.start >= toDateTime64({from:Date}, 3, 'UTC') AND f.start < toDateTime64({to:Date} + 1, 3, 'UTC')
            AND (f.country, toDate(f.start)) IN {days:Array(Tuple(String, Date))}
        GROUP BY country, day, simulated, client, at, server_net
    ) AS a
    INNER JOIN
    (
        SELECT u.country AS country, u.simulated AS simulated, u.client AS client, u.hour AS at, sum(u.bytes_up + u.bytes_down) AS bytes
        FROM usage AS u
        WHERE u.country IN {countries:Array(String)} AND u.hour >= toDateTime({from:Date}, 'UTC') AND u.hour < toDateTime({to:Date} + 1, 'UTC')
            AND (u.country, u.client) GLOBAL IN
            (
                SELECT f.country, f.client FROM flows AS f
                WHERE f.country IN {countries:Array(String)} AND level = 'possible' AND service = '' AND has({categories:Array(String)}, category)
                    AND f.start >= toDateTime64({from:Date}, 3, 'UTC') AND f.start < toDateTime64({to:Date} + 1, 3, 'UTC')
            )
        GROUP BY country, simulated, client, at
    ) AS t ON t.country = a.country AND t.simulated = a.simulated AND t.client = a.client AND t.at = a.at
    WHERE a.bytes >= {peer:Float64} * t.bytes AND t.bytes > 0
    GROUP BY country, day, simulated, server_net
)
SELECT c.country, c.day, c.simulated, c.server_net, c.clients, if(c.whole = 1, c.clients, n.peers), c.flows
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
) AS c
LEFT JOIN alone AS n ON n.country = c.country AND n.day = c.day AND n.simulated = c.simulated AND n.server_net = c.server_net
WHERE c.missing = 0 AND (c.whole = 1 OR c.server_net != toIPv6('::') AND c.clients >= {least:UInt64})
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0, distributed_group_by_no_merge = 1, join_use_nulls = 0
