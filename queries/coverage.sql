-- title: Coverage by day
-- question: What did the sensors report, and which share of what they could?
-- public: it is about sensors
-- param country String = '': lower-case ISO code; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column exporters sum: sensors that reported on the day
-- column known_exporters sum: sensors that reported within 14 days to either side
-- column exporter_hours sum: hours for which a sensor reported, summed over sensors
-- column fraction share: sensors that reported / known_exporters; one that was out for a part of the day counts in part
-- column flow_records sum: flow records received
-- column dns_records sum: DNS records received
-- column simulated key: 1 where the rows are simulated
SELECT country, day, exporters, known_exporters, exporter_hours, fraction, flow_records, dns_records, simulated
FROM coverage_days
WHERE ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, simulated
