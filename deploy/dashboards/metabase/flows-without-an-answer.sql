-- Flows without an answer
SELECT
    toDateTime(day, 'UTC') AS time,
    concat(toString(service), if(simulated = 1, ' (simulated)', '')) AS series,
    unanswered_share
FROM
(
SELECT
    country,
    day,
    service,
    category,
    c.clients AS clients,
    c.flows AS flows,
    c.unanswered AS unanswered,
    unanswered / flows AS unanswered_share,
    c.bytes AS bytes,
    simulated
FROM counts_day AS c
WHERE grouping = 'category_service' AND service != ''
    AND (CAST('', 'String') = '' OR service = CAST('', 'String'))
    AND (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
ORDER BY country, day, clients DESC, service, category, simulated
)
ORDER BY time, series
