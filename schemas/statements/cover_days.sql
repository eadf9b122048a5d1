-- A day's neighbours within 14 days know its sensors, so that they are counted again with it.
INSERT INTO covered_days (country, day, simulated, exporters, known_exporters, exporter_hours, fraction, flow_records, dns_records)
WITH
    by_exporter AS
    (
        SELECT country, day, exporter, simulated, hours, flow_records, dns_records
        FROM counted_coverage FINAL
        WHERE country IN {countries:Array(String)} AND day BETWEEN {from:Date} - 28 AND {to:Date} + 28
    ),
    weighed AS
    (
        -- An exporter's day counts whole: where traffic is thin, hours without a record say nothing.
        -- One that usually reports in most hours and was silent in over a quarter of them was out.
        SELECT
            *,
            quantileExact(0.5)(hours) OVER (PARTITION BY country, exporter, simulated
                ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING) AS usual,
            if(usual >= 12 AND hours < 0.75 * usual, hours / usual, 1) AS covered
        FROM by_exporter
    ),
    by_day AS
    (
        SELECT
            country, day, simulated,
            groupUniqArray(exporter) AS names,
            sum(hours) AS exporter_hours,
            sum(w.covered) AS covered,
            sum(w.flow_records) AS flow_records,
            sum(w.dns_records) AS dns_records
        FROM weighed AS w
        GROUP BY country, day, simulated
    ),
    known AS
    (
        SELECT
            *,
            length(arrayDistinct(arrayFlatten(groupArray(names) OVER (PARTITION BY country, simulated
                ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING)))) AS known_exporters
        FROM by_day
    )
SELECT country, day, simulated, length(names), known_exporters, exporter_hours, covered / known_exporters, flow_records, dns_records
FROM known
WHERE day BETWEEN {from:Date} - 14 AND {to:Date} + 14
SETTINGS insert_deduplicate = 0
