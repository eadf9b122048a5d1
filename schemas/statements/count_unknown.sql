-- A server network comes up on a day on which more clients of a country use it than on any of the seven days before,
-- by far more than servers of that country gain on ordinary days, and not as many of other countries; or on which it has
-- most of an hour of so many more (lone): networks that others use already are found by these, who alone are counted then.
-- Days that have a counted day among the 27 before them are counted again with it. GLOBAL: flows may lie on other servers,
-- the counts do not. A client is on one of them, which finishes the sums of its own clients (no_merge).
INSERT INTO counted_unknown (country, day, simulated, servers, clients, flows, all_clients, history)
WITH
    daily AS
    (
        SELECT
            country, day, simulated, server_net, lone, used, server_net = toIPv6('::') AS whole,
            max(used) OVER before AS base
        FROM
        (
            SELECT country, day, simulated, server_net, lone, if(lone = 1, peers, clients) AS used
            FROM (SELECT *, [0, 1] AS ways FROM counted_servers FINAL WHERE day BETWEEN {from:Date} - 27 AND {to:Date} + 27)
            ARRAY JOIN ways AS lone
        )
        WHERE used >= {least:UInt64} OR server_net = toIPv6('::')
        WINDOW before AS (PARTITION BY country, simulated, server_net, lone ORDER BY toInt32(day) RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING)
    ),
    of_day AS
    (
        SELECT
            country, day, simulated, lone, sumIf(d.used, whole) AS everyone, sumIf(d.base, whole) AS usual,
            maxIf(if(d.used > d.base, d.used - d.base, 0), NOT whole) AS gain
        FROM daily AS d
        GROUP BY country, day, simulated, lone
        HAVING everyone > 0
    ),
    days AS
    (
        SELECT
            country, day, simulated, lone, everyone, usual,
            quantileExact(0.5)(gain) OVER (PARTITION BY country, simulated, lone ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING) AS ordinary,
            count() OVER (PARTITION BY country, simulated, lone ORDER BY toInt32(day) RANGE BETWEEN 21 PRECEDING AND 1 PRECEDING) AS before,
            count() OVER (PARTITION BY country, simulated, lone ORDER BY toInt32(day) RANGE BETWEEN 27 PRECEDING AND CURRENT ROW) AS history,
            sum(everyone) OVER (PARTITION BY simulated, day, lone) - everyone AS elsewhere
        FROM of_day
    ),
    servers AS
    (
        SELECT
            country, day, simulated, server_net, lone, used, base,
            sum(used) OVER (PARTITION BY simulated, day, server_net, lone) - used AS others
        FROM daily
        WHERE NOT whole
    ),
    judged AS
    (
        SELECT
            s.country AS country, s.day AS day, s.simulated AS simulated, s.server_net AS server_net, s.lone AS lone, s.used AS used,
            max(s.used >= greatest({fewest:Float64}, {rise:Float64} * s.base, {beyond:Float64} * d.ordinary)
                -- Three days may be missing; where everyone's number jumps, it is the sensors.
                AND d.before >= 18 AND d.everyone <= 1.5 * d.usual
                AND {own:Float64} * s.others * d.everyone <= toFloat64(s.used) * d.elsewhere)
                OVER (PARTITION BY s.country, s.simulated, s.server_net, s.lone ORDER BY toInt32(s.day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW) AS new
        FROM servers AS s
        INNER JOIN days AS d ON d.country = s.country AND d.day = s.day AND d.simulated = s.simulated AND d.lone = s.lone
    ),
    unknown AS -- by all clients where these are so many, else by those who are alone with it
    (
        SELECT country, day, simulated, server_net, min(j.lone) AS lone, argMin(j.used, j.lone) AS used
        FROM judged AS j
        WHERE new = 1 AND day BETWEEN {from:Date} AND {to:Date} + 27
        GROUP BY country, day, simulated, server_net
    ),
    users AS
    (
        SELECT country, day, simulated, uniqExact(o.client) AS clients, uniqExact((o.client, o.server_net)) AS pairs, sum(o.flows) AS flows
        FROM
        (
            SELECT f.country AS country, toDate(f.start) AS day, f.simulated AS simulated, f.client AS client, server_net, sum(f.flow_count) AS flows
            FROM flows AS f
            WHERE f.country GLOBAL IN (SELECT country FROM unknown) AND level = 'possible' AND service = '' AND has({categories:Array(String)}, category)
                AND f.start >= toDateTime64({from:Date}, 3, 'UTC') AND f.start < toDateTime64({to:Date} + 28, 3, 'UTC')
                AND (f.country, toDate(f.start), f.simulated, f.server_net) GLOBAL IN (SELECT country, day, simulated, server_net FROM unknown WHERE lone = 0)
            GROUP BY country, day, simulated, client, server_net
            UNION ALL
            SELECT a.country, a.day, a.simulated, a.client, a.server_net, a.flows
            FROM
            (
                SELECT f.country AS country, toDate(f.start) AS day, f.simulated AS simulated, f.client AS client, toStartOfHour(f.start) AS at, server_net,
                    sum((f.bytes_up + f.bytes_down) * f.flow_count) AS bytes, sum(f.flow_count) AS flows
                FROM flows AS f
                WHERE f.country GLOBAL IN (SELECT country FROM unknown WHERE lone = 1) AND level = 'possible' AND service = '' AND has({categories:Array(String)}, category)
                    AND f.start >= toDateTime64({from:Date}, 3, 'UTC') AND f.start < toDateTime64({to:Date} + 28, 3, 'UTC')
                    AND (f.country, toDate(f.start), f.simulated, f.server_net) GLOBAL IN (SELECT country, day, simulated, server_net FROM unknown WHERE lone = 1)
                GROUP BY country, day, simulated, client, at, server_net
            ) AS a
            INNER JOIN
            (
                SELECT u.country AS country, u.simulated AS simulated, u.client AS client, u.hour AS at, sum(u.bytes_up + u.bytes_down) AS bytes
                FROM usage AS u
                WHERE u.country GLOBAL IN (SELECT country FROM unknown WHERE lone = 1)
                    AND u.hour >= toDateTime({from:Date}, 'UTC') AND u.hour < toDateTime({to:Date} + 28, 'UTC')
                    AND (u.country, toDate(u.hour), u.simulated) GLOBAL IN (SELECT country, day, simulated FROM unknown WHERE lone = 1)
                GROUP BY country, simulated, client, at
            ) AS t ON t.country = a.country AND t.simulated = a.simulated AND t.client = a.client AND t.at = a.at
            WHERE a.bytes >= {peer:Float64} * t.bytes AND t.bytes > 0
        ) AS o
        GROUP BY country, day, simulated
    )
SELECT d.country, d.day, d.simulated, n.servers, u.clients, u.flows, d.everyone, d.history
FROM (SELECT * FROM days WHERE lone = 0) AS d
LEFT JOIN (SELECT country, day, simulated, count() AS servers, sum(used) AS pairs FROM unknown GROUP BY country, day, simulated) AS n
    ON n.country = d.country AND n.day = d.day AND n.simulated = d.simulated
LEFT JOIN users AS u ON u.country = d.country AND u.day = d.day AND u.simulated = d.simulated
LEFT JOIN (SELECT country, day, simulated, history FROM counted_unknown FINAL) AS known
    ON known.country = d.country AND known.day = d.day AND known.simulated = d.simulated
-- What was counted with more days, or with flows that retention took since, stays.
WHERE d.before >= 18 AND d.day BETWEEN {from:Date} AND {to:Date} + 27 AND d.history >= known.history AND u.pairs = n.pairs
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0, join_use_nulls = 0, distributed_group_by_no_merge = 1
