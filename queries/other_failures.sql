-- title: Failures of other connections
-- question: Which share of the connections that are neither circumvention nor a known service got no answer, day by day?
-- param country String = '': lower-case ISO code; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column flows: flows, multiplied by their sampling rates
-- column unanswered: those to which no byte came back
-- column share: unanswered / flows
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    toDate(hour) AS day,
    sum(u.flows) AS flows,
    sum(u.unanswered) AS unanswered,
    unanswered / flows AS share,
    simulated
FROM usage AS u
WHERE category = 'none' AND service = ''
    AND ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, simulated
ORDER BY country, day, simulated
