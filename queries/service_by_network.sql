-- title: A service by network
-- question: How often did the clients of each network try each known service, day by day, and how often in vain?
-- param country String = '': lower-case ISO code; empty for all
-- param service String = '': one service of the verdicts; empty for all that are known
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column asn: number of the clients' network, 0 where unknown
-- column day: UTC day
-- column service: whose service it is
-- column flows: flows to it, multiplied by their sampling rates
-- column unanswered: those to which no byte came back
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    asn,
    toDate(hour) AS day,
    service,
    sum(u.flows) AS flows,
    sum(u.unanswered) AS unanswered,
    simulated
FROM usage AS u
WHERE service != ''
    AND ({country:String} = '' OR country = {country:String})
    AND ({service:String} = '' OR service = {service:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, day, service, simulated
ORDER BY country, asn, day, service, simulated
