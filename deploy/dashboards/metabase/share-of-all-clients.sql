-- Share of all clients
SELECT
    toDateTime(day, 'UTC') AS time,
    concat('', if(simulated = 1, ' (simulated)', '')) AS series,
    share
FROM
(
SELECT
    country,
    day,
    toUInt64(sumIf(c.clients, grouping = 'category' AND has(CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'), category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'), 'Int8'))
        - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'))), 1) - 1), grouping = 'categories')) AS `using`,
    sumIf(c.clients, grouping = 'all') AS clients,
    `using` / clients AS share,
    sumIf(c.expected, grouping = 'category' AND has(CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'), category)) AS expected_flows,
    sumIf(c.flows, grouping = 'all') AS flows,
    expected_flows / flows AS expected_flow_share,
    simulated
FROM counts_day AS c
WHERE (grouping IN ('all', 'category') OR (grouping = 'categories' AND level = toString(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'))))
    AND (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
GROUP BY country, day, simulated
ORDER BY country, day, simulated
)
ORDER BY time, series
