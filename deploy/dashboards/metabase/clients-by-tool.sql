-- Clients by tool
SELECT
    toDateTime(day, 'UTC') AS time,
    concat(toString(tool), if(simulated = 1, ' (simulated)', '')) AS series,
    clients
FROM
(
SELECT
    country,
    day,
    tool,
    category,
    sum(c.clients) AS clients,
    sum(c.flows) AS flows,
    round(sum(c.expected), 3) AS expected,
    sum(c.bytes) AS bytes,
    simulated
FROM counts_day AS c
WHERE grouping = 'tool' AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)'), 'Int8') AND category != 'none'
    AND (CAST('', 'String') = '' OR tool = CAST('', 'String'))
    AND (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
GROUP BY country, day, tool, category, simulated
ORDER BY country, day, clients DESC, tool, category, simulated
)
ORDER BY time, series
