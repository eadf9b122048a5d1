-- title: Use by kind of tool and day
-- question: How many clients used some tool of each kind, day by day? A client that used several counts once.
-- param country String = '': lower-case ISO code; empty for all
-- param category String = '': one category of tools; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column category key: what kind of tool it is
-- column clients clients: distinct clients, exact within the day
-- column flows sum: flows, multiplied by their sampling rates
-- column expected sum: expected number of flows that are the category's: the sum of their probabilities
-- column bytes sum: bytes of both directions
-- column simulated key: 1 where the rows are simulated
-- bound clients 1 per category: a client may use tools of any number of categories, each counts it once
SELECT
    country,
    day,
    category,
    sum(c.clients) AS clients,
    sum(c.flows) AS flows,
    round(sum(c.expected), 3) AS expected,
    sum(c.bytes) AS bytes,
    simulated
FROM counts_day AS c
WHERE grouping = 'category' AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8') AND category != 'none'
    AND ({category:String} = '' OR category = {category:String})
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, category, simulated
ORDER BY country, day, clients DESC, category, simulated
