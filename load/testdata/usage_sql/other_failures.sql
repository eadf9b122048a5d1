SELECT
    country,
    toDate(hour) AS day,
    sum(u.flows) AS flows,
    sum(u.unanswered) AS unanswered,
    unanswered / flows AS share,
    simulated
FROM usage_named AS u
WHERE category = 'none' AND service = ''
    AND ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, simulated
ORDER BY country, day, simulated
