WITH everyone AS
    (
        SELECT d.country AS c, toDate(hour) AS d_day, d.simulated AS sim, uniqExact(client) AS all_clients
        FROM dns_usage AS d
        WHERE ({country:String} = '' OR country = {country:String}) AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
        GROUP BY c, d_day, sim
    )
SELECT
    d.country AS country,
    toDate(hour) AS day,
    d.service AS service,
    uniqExact(client) AS clients,
    any(everyone.all_clients) AS all_clients,
    clients / all_clients AS share,
    sum(d.queries) AS queries,
    sum(d.answered) AS answered,
    sum(d.failed) AS failed,
    sum(d.no_response) AS no_response,
    d.simulated AS simulated
FROM dns_usage AS d
INNER JOIN everyone ON everyone.c = d.country AND everyone.d_day = toDate(d.hour) AND everyone.sim = d.simulated
WHERE d.service != ''
    AND ({country:String} = '' OR d.country = {country:String})
    AND ({service:String} = '' OR d.service = {service:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, service, simulated
ORDER BY country, day, clients DESC, service, simulated
