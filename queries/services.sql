-- title: Use by service and day
-- question: How many clients reached each known service, and how often did it not answer?
-- param country String = '': lower-case ISO code; empty for all
-- param service String = '': one service of the verdicts; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column service: whose service it is
-- column category: what kind of service it is
-- column clients: distinct clients, exact within the day
-- column flows: flows, multiplied by their sampling rates
-- column unanswered: those to which no byte came back
-- column unanswered_share: unanswered / flows
-- column bytes: bytes of both directions
-- column simulated: 1 where the rows are simulated
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
FROM usage AS u
WHERE service != ''
    AND ({country:String} = '' OR country = {country:String})
    AND ({service:String} = '' OR service = {service:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, service, category, simulated
ORDER BY country, day, clients DESC, service, category, simulated
