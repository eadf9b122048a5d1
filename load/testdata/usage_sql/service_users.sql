SELECT
    country,
    toDate(hour) AS day,
    service,
    uniqExactIf(client, u.flows > u.unanswered) AS clients,
    uniqExact(client) AS tried,
    sum(u.flows - u.unanswered) AS answered,
    sum(u.unanswered) AS unanswered,
    simulated
FROM usage_named AS u
WHERE service != ''
    AND ({country:String} = '' OR country = {country:String})
    AND (empty({services:Array(String)}) OR has({services:Array(String)}, service))
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, service, simulated
ORDER BY country, day, service, simulated
