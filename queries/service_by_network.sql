-- title: A service by network
-- question: How often did the clients of each network try each known service, day by day, and how often in vain?
-- param country String = '': lower-case ISO code; empty for all
-- param service String = '': one service of the verdicts; empty for all that are known
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column asn key: number of the clients' network, 0 where unknown
-- column day key: UTC day
-- column service key: whose service it is
-- column flows sum: flows to it, multiplied by their sampling rates
-- column unanswered sum: those to which no byte came back
-- column simulated key: 1 where the rows are simulated
SELECT
    country,
    asn,
    day,
    service,
    c.flows AS flows,
    c.unanswered AS unanswered,
    simulated
FROM counts_day AS c
WHERE grouping = 'network_service' AND service != ''
    AND ({service:String} = '' OR service = {service:String})
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, asn, day, service, simulated
