-- The clients that were seen in the same networks with the same verdicts, answered or not, in an hour (span 1) or in a
-- day (span 2) are one row a network and verdict, under the least of their pseudonyms.
SELECT
    toString(a.country) AS country, hour, simulated, did.1 AS asn, client, did.2 AS verdict,
    sums.1 AS flows, sums.2 AS expected, sums.3 AS unanswered, sums.4 AS bytes, sums.5 AS records, clients, span
FROM
(
    SELECT country, hour, simulated, span, did, min(c.client) AS client, count() AS clients,
        arrayZip(sumForEach(c.flows), sumForEach(c.expected), sumForEach(c.unanswered), sumForEach(c.bytes), sumForEach(c.records)) AS sums
    FROM
    (
        SELECT country, hour, simulated, span, client,
            arraySort(groupArray((asn, verdict, v.flows > v.unanswered, v.flows, v.expected, v.unanswered, v.bytes, v.records))) AS rows, arrayZip(rows.1, rows.2, rows.3) AS did,
            rows.4 AS flows, rows.5 AS expected, rows.6 AS unanswered, rows.7 AS bytes, rows.8 AS records
        FROM
        (
            SELECT
                u.country AS country, toUInt32(if(span = 1, u.hour, toStartOfDay(u.hour))) AS hour, simulated, toUInt8(s) AS span, client, asn, verdict,
                sum(u.flows) AS flows, sum(u.expected) AS expected, sum(u.unanswered) AS unanswered, sum(u.bytes_up + u.bytes_down) AS bytes, sum(u.records) AS records
            FROM usage AS u
            ARRAY JOIN [1, 2] AS s
            WHERE u.country IN {countries:Array(String)}
                AND u.hour >= toDateTime({from:Date}, 'UTC') AND u.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
                AND (u.country, toDate(u.hour)) IN {days:Array(Tuple(String, Date))}
            GROUP BY country, hour, simulated, span, client, asn, verdict
        ) AS v
        GROUP BY country, hour, simulated, span, client
    ) AS c
    GROUP BY country, hour, simulated, span, did
) AS a
ARRAY JOIN did, sums
ORDER BY a.country, intDiv(hour, 86400), simulated, span, hour, client
SETTINGS max_bytes_before_external_group_by = 500000000
