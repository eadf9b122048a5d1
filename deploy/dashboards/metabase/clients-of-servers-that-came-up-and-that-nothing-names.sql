-- Clients of servers that came up and that nothing names
SELECT
    toDateTime(day, 'UTC') AS time,
    concat('', if(simulated = 1, ' (simulated)', '')) AS series,
    clients
FROM
(
SELECT
    country,
    day,
    u.clients AS clients,
    u.all_clients AS all_clients,
    u.clients / u.all_clients AS share,
    u.servers AS servers,
    u.flows AS flows,
    simulated
FROM unknown_day AS u
WHERE (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
ORDER BY country, day, simulated
)
ORDER BY time, series
