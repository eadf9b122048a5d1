-- Clients of services that got an answer
SELECT
    toDateTime(day, 'UTC') AS time,
    concat(toString(service), if(simulated = 1, ' (simulated)', '')) AS series,
    clients
FROM
(
SELECT
    country,
    day,
    service,
    c.reached AS clients,
    c.clients AS tried,
    c.flows - c.unanswered AS answered,
    c.unanswered AS unanswered,
    simulated
FROM counts_day AS c
WHERE grouping = 'service' AND service != ''
    AND (empty(CAST('[]', 'Array(String)')) OR has(CAST('[]', 'Array(String)'), service))
    AND (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
ORDER BY country, day, service, simulated
)
ORDER BY time, series
