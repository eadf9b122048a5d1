-- title: Interest shown in DNS
-- question: How many clients asked for the names of known services? This shows interest, not use.
-- param country String = '': lower-case ISO code; empty for all
-- param service String = '': one service; empty for all that are known
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column service key: whose names they are
-- column clients clients: distinct clients that asked, exact within the day
-- column all_clients clients: distinct clients that asked for anything, the denominator
-- column share share: clients / all_clients
-- column queries sum: queries
-- column answered sum: responses with at least one address
-- column failed sum: NXDOMAIN, SERVFAIL, REFUSED
-- column no_response sum: queries without a response
-- column simulated key: 1 where the rows are simulated
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
