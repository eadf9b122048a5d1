-- title: Users that a service kept
-- question: How many clients reached each known service, day by day? A client whose every try failed did not.
-- param country String = '': lower-case ISO code; empty for all
-- param services Array(String) = []: services of the verdicts; empty for all that are known
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column service key: whose service it is
-- column clients clients: distinct clients that got an answer, exact within the day
-- column tried clients: distinct clients that tried
-- column answered sum: flows with an answer
-- column unanswered sum: flows without
-- column simulated key: 1 where the rows are simulated
-- bound clients 1 within tried per services: a client may try any number of services, each counts it once
-- bound tried 1 per services: the same
SELECT
    country,
    day,
    service,
    c.reached AS clients,
    c.clients AS tried,
    c.flows - c.unanswered AS answered,
    c.unanswered AS unanswered,
    simulated
FROM counts_day AS c
WHERE grouping = 'service' AND service != ''
    AND (empty({services:Array(String)}) OR has({services:Array(String)}, service))
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, service, simulated
