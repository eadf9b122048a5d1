-- title: Users that a service kept
-- question: How many clients reached each known service, day by day? A client whose every try failed did not.
-- param country String = '': lower-case ISO code; empty for all
-- param services Array(String) = []: services of the verdicts; empty for all that are known
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column service: whose service it is
-- column clients: distinct clients that got an answer, exact within the day
-- column tried: distinct clients that tried
-- column answered: flows with an answer
-- column unanswered: flows without
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    toDate(hour) AS day,
    service,
    uniqExactIf(client, u.flows > u.unanswered) AS clients,
    uniqExact(client) AS tried,
    sum(u.flows - u.unanswered) AS answered,
    sum(u.unanswered) AS unanswered,
    simulated
FROM usage AS u
WHERE service != ''
    AND ({country:String} = '' OR country = {country:String})
    AND (empty({services:Array(String)}) OR has({services:Array(String)}, service))
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, service, simulated
ORDER BY country, day, service, simulated
