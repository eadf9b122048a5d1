-- A server network comes up on a day on which more clients of a country use it than on any of the seven days before,
-- by far more than servers of that country gain on ordinary days, and not as many of other countries. Days that have
-- a counted day among the 27 before them are counted again with it. GLOBAL: flows may lie on other servers, the counts do not.
-- A client is on one of them, which counts its own clients to the end (no_merge): they add up.
INSERT INTO counted_unknown (country, day, simulated, servers, clients, flows, all_clients, history)
WITH
    daily AS
    (
        SELECT
            country, day, simulated, server_net, clients, server_net = toIPv6('::') AS whole,
            max(clients) OVER before AS base
        FROM (SELECT * FROM counted_servers FINAL WHERE day BETWEEN {from:Date} - 27 AND {to:Date} + 27)
        WINDOW before AS (PARTITION BY country, simulated, server_net ORDER BY toInt32(day) RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING)
    ),
    of_day AS
    (
        SELECT
            country, day, simulated, sumIf(d.clients, whole) AS everyone, sumIf(d.base, whole) AS usual,
            maxIf(if(d.clients > d.base, d.clients - d.base, 0), NOT whole) AS gain
        FROM daily AS d
        GROUP BY country, day, simulated
        HAVING everyone > 0
    ),
    days AS
    (
        SELECT
            country, day, simulated, everyone, usual,
            quantileExact(0.5)(gain) OVER (PARTITION BY country, simulated ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 1 PRECEDING) AS ordinary,
            count() OVER (PARTITION BY country, simulated ORDER BY toInt32(day) RANGE BETWEEN 21 PRECEDING AND 1 PRECEDING) AS before,
            count() OVER (PARTITION BY country, simulated ORDER BY toInt32(day) RANGE BETWEEN 27 PRECEDING AND CURRENT ROW) AS history,
            sum(everyone) OVER (PARTITION BY simulated, day) - everyone AS elsewhere
        FROM of_day
    ),
    servers AS
    (
        SELECT
            country, day, simulated, server_net, clients, base,
            sum(clients) OVER (PARTITION BY simulated, day, server_net) - clients AS others
        FROM daily
        WHERE NOT whole
    ),
    judged AS
    (
        SELECT
            s.country AS country, s.day AS day, s.simulated AS simulated, s.server_net AS server_net, s.clients AS used,
            max(s.clients >= greatest({fewest:Float64}, {rise:Float64} * s.base, {beyond:Float64} * d.ordinary)
                -- Three days may be missing; where everyone's number jumps, it is the sensors.
                AND d.before >= 18 AND d.everyone <= 1.5 * d.usual
                AND {own:Float64} * s.others * d.everyone <= toFloat64(s.clients) * d.elsewhere)
                OVER (PARTITION BY s.country, s.simulated, s.server_net ORDER BY toInt32(s.day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW) AS new
        FROM servers AS s
        INNER JOIN days AS d ON d.country = s.country AND d.day = s.day AND d.simulated = s.simulated
    ),
    unknown AS
    (
        SELECT country, day, simulated, server_net, used FROM judged
        WHERE new = 1 AND day BETWEEN {from:Date} AND {to:Date} + 27
    ),
    users AS
    (
        SELECT country, day, simulated, sum(o.clients) AS clients, sum(o.pairs) AS pairs, sum(o.flows) AS flows
        FROM
        (
            SELECT f.country AS country, toDate(f.start) AS day, f.simulated AS simulated,
                uniqExact(f.client) AS clients, uniqExact((f.client, f.server_net)) AS pairs, sum(f.flow_count) AS flows
            FROM flows AS f
            WHERE f.country GLOBAL IN (SELECT country FROM unknown) AND level = 'possible' AND service = '' AND has({categories:Array(String)}, category)
                AND f.start >= toDateTime64({from:Date}, 3, 'UTC') AND f.start < toDateTime64({to:Date} + 28, 3, 'UTC')
                AND (f.country, toDate(f.start), f.simulated, f.server_net) GLOBAL IN (SELECT country, day, simulated, server_net FROM unknown)
            GROUP BY country, day, simulated
        ) AS o
        GROUP BY country, day, simulated
    )
SELECT d.country, d.day, d.simulated, n.servers, u.clients, u.flows, d.everyone, d.history
FROM days AS d
LEFT JOIN (SELECT country, day, simulated, count() AS servers, sum(used) AS pairs FROM unknown GROUP BY country, day, simulated) AS n
    ON n.country = d.country AND n.day = d.day AND n.simulated = d.simulated
LEFT JOIN users AS u ON u.country = d.country AND u.day = d.day AND u.simulated = d.simulated
LEFT JOIN (SELECT country, day, simulated, history FROM counted_unknown FINAL) AS known
    ON known.country = d.country AND known.day = d.day AND known.simulated = d.simulated
-- What was counted with more days, or with flows that retention took since, stays.
WHERE d.before >= 18 AND d.day BETWEEN {from:Date} AND {to:Date} + 27 AND d.history >= known.history AND u.pairs = n.pairs
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0, join_use_nulls = 0, distributed_group_by_no_merge = 1
