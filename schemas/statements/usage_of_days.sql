SELECT
    toString(country) AS country, toUInt32(hour) AS hour, simulated, asn, client, verdict,
    flows, expected, unanswered, bytes_up + bytes_down AS bytes, records,
    toUInt64(1) AS clients, toUInt8(0) AS span
FROM usage AS u
WHERE u.country IN {countries:Array(String)}
    AND u.hour >= toDateTime({from:Date}, 'UTC') AND u.hour < toDateTime({to:Date}, 'UTC') + INTERVAL 1 DAY
    AND (u.country, toDate(u.hour)) IN {days:Array(Tuple(String, Date))}
ORDER BY u.country, toDate(u.hour), u.simulated, u.client, u.hour, u.asn, u.verdict
