-- title: Use by tool and day
-- question: How many clients used each tool, day by day?
-- param country String = '': lower-case ISO code; empty for all
-- param tool String = '': one tool of the verdicts; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column tool key: protocol that was recognised
-- column category key: what kind of tool it is
-- column clients clients: distinct clients, exact within the day
-- column flows sum: flows, multiplied by their sampling rates
-- column expected sum: expected number of flows that are the tool's: the sum of their probabilities
-- column bytes sum: bytes of both directions
-- column simulated key: 1 where the rows are simulated
-- bound clients 1 per tool: a client may use any number of tools, each counts it once
SELECT
    country,
    day,
    tool,
    category,
    sum(c.clients) AS clients,
    sum(c.flows) AS flows,
    round(sum(c.expected), 3) AS expected,
    sum(c.bytes) AS bytes,
    simulated
FROM counts_day AS c
WHERE grouping = 'tool' AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8') AND category != 'none'
    AND ({tool:String} = '' OR tool = {tool:String})
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, tool, category, simulated
ORDER BY country, day, clients DESC, tool, category, simulated
