SELECT
    country,
    toDate(hour) AS day,
    service,
    category,
    uniqExact(client) AS clients,
    sum(u.flows) AS flows,
    sum(u.unanswered) AS unanswered,
    unanswered / flows AS unanswered_share,
    sum(bytes_up + bytes_down) AS bytes,
    simulated
FROM usage_named AS u
WHERE service != ''
    AND ({country:String} = '' OR country = {country:String})
    AND ({service:String} = '' OR service = {service:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, service, category, simulated
ORDER BY country, day, clients DESC, service, category, simulated
