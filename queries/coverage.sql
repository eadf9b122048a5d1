-- title: Coverage by day
-- question: What did the sensors report, and which share of what they could?
-- param country String = '': lower-case ISO code; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column exporters: sensors that reported on the day
-- column known_exporters: sensors that reported within 14 days to either side
-- column exporter_hours: hours for which a sensor reported, summed over sensors
-- column fraction: exporter_hours / (24 * known_exporters); 1 is full coverage
-- column flow_records: flow records received
-- column dns_records: DNS records received
-- column simulated: 1 where the rows are simulated
WITH
    by_day AS
    (
        SELECT
            country, toDate(hour) AS day, simulated,
            uniqExact(hour, exporter) AS exporter_hours,
            groupUniqArray(exporter) AS exporters,
            sum(c.flow_records) AS flow_records,
            sum(c.dns_records) AS dns_records
        FROM coverage AS c
        WHERE ({country:String} = '' OR country = {country:String}) AND toDate(hour) BETWEEN greatest({from:Date}, toDate('1970-01-15')) - 14 AND least({to:Date}, toDate('2149-05-23')) + 14
        GROUP BY country, day, simulated
    ),
    covered AS
    (
        SELECT *, length(arrayDistinct(arrayFlatten(groupArray(exporters) OVER (
            PARTITION BY country, simulated ORDER BY toInt32(day) RANGE BETWEEN 14 PRECEDING AND 14 FOLLOWING)))) AS known_exporters
        FROM by_day
    )
SELECT
    country, day, length(covered.exporters) AS exporters, known_exporters, exporter_hours,
    exporter_hours / (24 * known_exporters) AS fraction,
    flow_records, dns_records, simulated
FROM covered
WHERE day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, simulated
