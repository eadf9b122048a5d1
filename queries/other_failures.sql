-- title: Failures of other connections
-- question: Which share of the connections that are neither circumvention nor a known service got no answer, day by day?
-- param country String = '': lower-case ISO code; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column flows sum: flows, multiplied by their sampling rates
-- column unanswered sum: those to which no byte came back
-- column share share: unanswered / flows
-- column simulated key: 1 where the rows are simulated
SELECT
    country,
    day,
    c.flows AS flows,
    c.unanswered AS unanswered,
    unanswered / flows AS share,
    simulated
FROM counts_day AS c
WHERE grouping = 'category_service' AND category = 'none' AND service = ''
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, simulated
