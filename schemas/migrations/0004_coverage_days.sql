-- What was reported on each day, out of what could have been. Every query that needs
-- coverage reads it from here.

CREATE VIEW IF NOT EXISTS coverage_days {{.OnCluster}} AS
WITH
    by_exporter AS
    (
        SELECT
            country, toDate(hour) AS day, exporter, simulated,
            uniqExact(hour) AS hours,
            sum(c.flow_records) AS flow_records,
            sum(c.dns_records) AS dns_records
        FROM coverage AS c
        GROUP BY country, day, exporter, simulated
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
SELECT
    country, day, simulated,
    length(names) AS exporters,
    known_exporters,
    exporter_hours,
    covered / known_exporters AS fraction,
    flow_records,
    dns_records
FROM known;
