-- Coverage by sensors
SELECT
    toDateTime(day, 'UTC') AS time,
    concat('', if(simulated = 1, ' (simulated)', '')) AS series,
    fraction
FROM
(
SELECT country, day, exporters, known_exporters, exporter_hours, fraction, flow_records, dns_records, simulated
FROM coverage_days
WHERE (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
ORDER BY country, day, simulated
)
ORDER BY time, series
