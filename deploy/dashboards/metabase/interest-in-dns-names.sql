-- Interest in DNS names
SELECT
    toDateTime(day, 'UTC') AS time,
    concat(toString(service), if(simulated = 1, ' (simulated)', '')) AS series,
    clients
FROM
(
SELECT
    asked.country AS country,
    asked.day AS day,
    asked.service AS service,
    asked.clients AS clients,
    everyone.clients AS all_clients,
    clients / all_clients AS share,
    asked.queries AS queries,
    asked.answered AS answered,
    asked.failed AS failed,
    asked.no_response AS no_response,
    asked.simulated AS simulated
FROM questions_day AS asked
INNER JOIN
(
    SELECT q.country AS country, q.day AS day, q.simulated AS simulated, q.clients AS clients
    FROM questions_day AS q
    WHERE q.grouping = 'all' AND (CAST({{country}}, 'String') = '' OR q.country = CAST({{country}}, 'String')) AND q.day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
) AS everyone ON everyone.country = asked.country AND everyone.day = asked.day AND everyone.simulated = asked.simulated
WHERE asked.grouping = 'service'
    AND (CAST({{country}}, 'String') = '' OR asked.country = CAST({{country}}, 'String'))
    AND (CAST('', 'String') = '' OR asked.service = CAST('', 'String'))
    AND asked.day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
ORDER BY country, day, clients DESC, service, simulated
)
ORDER BY time, series
