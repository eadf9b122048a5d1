-- title: Use by service and day
-- question: How many clients reached each known service, and how often did it not answer?
-- param country String = '': lower-case ISO code; empty for all
-- param service String = '': one service of the verdicts; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column service key: whose service it is
-- column category key: what kind of service it is
-- column clients clients: distinct clients, exact within the day
-- column flows sum: flows, multiplied by their sampling rates
-- column unanswered sum: those to which no byte came back
-- column unanswered_share share: unanswered / flows
-- column bytes sum: bytes of both directions
-- column simulated key: 1 where the rows are simulated
SELECT
    country,
    day,
    service,
    category,
    c.clients AS clients,
    c.flows AS flows,
    c.unanswered AS unanswered,
    unanswered / flows AS unanswered_share,
    c.bytes AS bytes,
    simulated
FROM counts_day AS c
WHERE grouping = 'category_service' AND service != ''
    AND ({service:String} = '' OR service = {service:String})
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, clients DESC, service, category, simulated
