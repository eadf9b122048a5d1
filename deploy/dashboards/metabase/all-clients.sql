-- All clients
SELECT
    toDateTime(day, 'UTC') AS time,
    concat('', if(simulated = 1, ' (simulated)', '')) AS series,
    all_clients
FROM
(
WITH
    used AS
    (
        WITH
            multiIf(CAST('', 'String') = '', if(CAST('', 'String') = '', 'category', 'tool'), if(CAST('', 'String') = '', 'service', 'tool_service')) AS summed,
            multiIf(summed = 'category', 'categories', summed = 'tool', 'tool_categories', '') AS sets,
            grouping = summed AND (CAST('', 'String') != '' OR has(CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'), category)) AS counts,
            counts AND (indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'), 'Int8') OR summed = 'service') AS sure
        SELECT
            country, day, simulated,
            toUInt64(sumIf(c.clients, sure) - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'))), 1) - 1), grouping = sets)) AS clients,
            sumIf(c.flows, sure) AS flows,
            sumIf(c.expected, counts) AS expected,
            sumIf(c.unanswered, counts) AS unanswered,
            sumIf(c.clients, grouping = 'all') AS all_clients,
            sumIf(c.flows, grouping = 'all') AS all_flows,
            argMax(c.packs, grouping = 'all') AS packs,
            argMax(c.lists, grouping = 'all') AS lists
        FROM counts_day AS c
        WHERE (grouping = 'all' OR (tool = CAST('', 'String') AND service = CAST('', 'String')
                AND (grouping = summed OR (grouping = sets AND level = toString(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'))))))
            AND (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
            AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
        GROUP BY country, day, simulated
    )
SELECT
    used.country AS country, used.day AS day, clients, flows, round(expected, 3) AS expected, unanswered, all_clients, all_flows,
    covered.fraction AS fraction,
    used.simulated AS simulated, packs, lists
FROM used
LEFT JOIN (SELECT country, day, simulated, fraction FROM coverage_days WHERE CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String')) AS covered ON covered.country = used.country AND covered.day = used.day AND covered.simulated = used.simulated
ORDER BY country, day, simulated
)
ORDER BY time, series
