-- title: External series
-- question: What did the series that were imported say, day by day?
-- public: others published it
-- param series String = '': name of one series; empty for all
-- param country String = '': lower-case ISO code; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column series key: name of the series
-- column country key: lower-case ISO code
-- column day key: UTC day
-- column value sum: users, or what the source counts
-- column denominator sum: what the value is out of, where known
-- column fraction share: share of the sensors that reported, where known
-- column source text: file that it came from
-- column licence text: licence under which the source publishes
-- column simulated key: 1 where the rows are simulated
SELECT
    series, country, toDate(time) AS day,
    s.value AS value, s.denominator AS denominator, s.fraction AS fraction, s.source AS source, s.licence AS licence,
    simulated
FROM series AS s FINAL
WHERE ({series:String} = '' OR series = {series:String})
    AND ({country:String} = '' OR country = {country:String})
    AND toDate(time) BETWEEN {from:Date} AND {to:Date}
ORDER BY series, country, day, simulated
