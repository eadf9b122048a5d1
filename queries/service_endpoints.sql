-- title: Where services were reached
-- question: At which prefixes and in which networks was each known service tried, day by day, and how often in vain?
-- param country String = '': lower-case ISO code of the clients; empty for all
-- param service String = '': one service of the verdicts; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column service key: whose service it is
-- column prefix key: /24 or /48 of the server
-- column asn key: network of the server, 0 where unknown
-- column flows sum: flows to it, multiplied by their sampling rates
-- column unanswered sum: those to which no byte came back
-- column simulated key: 1 where the rows are simulated
SELECT
    country,
    day,
    service,
    if(isIPAddressInRange(toString(prefix), '::ffff:0:0/96'), concat(replaceOne(toString(prefix), '::ffff:', ''), '/24'), concat(toString(prefix), '/48')) AS prefix,
    asn,
    sum(e.flows) AS flows,
    sum(e.unanswered) AS unanswered,
    simulated
FROM endpoints AS e
WHERE ({country:String} = '' OR country = {country:String})
    AND ({service:String} = '' OR service = {service:String})
    AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, service, e.prefix, asn, simulated
ORDER BY country, day, service, e.prefix, asn, simulated
