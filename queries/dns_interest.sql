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
-- bound clients 1 within all_clients per service: a client may ask for any number of services, each counts it once
-- bound all_clients 1 per service: the denominator is there once for each of them
SELECT
    asked.country AS country,
    asked.day AS day,
    asked.service AS service,
    asked.clients AS clients,
    everyone.clients AS all_clients,
    clients / all_clients AS share,
    asked.queries AS queries,
    asked.answered AS answered,
    asked.failed AS failed,
    asked.no_response AS no_response,
    asked.simulated AS simulated
FROM questions_day AS asked
INNER JOIN
(
    SELECT q.country AS country, q.day AS day, q.simulated AS simulated, q.clients AS clients
    FROM questions_day AS q
    WHERE q.grouping = 'all' AND ({country:String} = '' OR q.country = {country:String}) AND q.day BETWEEN {from:Date} AND {to:Date}
) AS everyone ON everyone.country = asked.country AND everyone.day = asked.day AND everyone.simulated = asked.simulated
WHERE asked.grouping = 'service'
    AND ({country:String} = '' OR asked.country = {country:String})
    AND ({service:String} = '' OR asked.service = {service:String})
    AND asked.day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, day, clients DESC, service, simulated
