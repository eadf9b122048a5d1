SELECT
    country,
    asn,
    toDate(hour) AS day,
    service,
    sum(u.flows) AS flows,
    sum(u.unanswered) AS unanswered,
    simulated
FROM usage_named AS u
WHERE service != ''
    AND ({country:String} = '' OR country = {country:String})
    AND ({service:String} = '' OR service = {service:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, day, service, simulated
ORDER BY country, asn, day, service, simulated
