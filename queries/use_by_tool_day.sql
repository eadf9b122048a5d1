-- title: Use by tool and day
-- question: How many clients used each tool, day by day?
-- param country String = '': lower-case ISO code; empty for all
-- param tool String = '': one tool of the verdicts; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column tool: protocol that was recognised
-- column category: what kind of tool it is
-- column clients: distinct clients, exact within the day
-- column flows: flows, multiplied by their sampling rates
-- column expected: expected number of flows that are the tool's: the sum of their probabilities
-- column bytes: bytes of both directions
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    toDate(hour) AS day,
    tool,
    category,
    uniqExact(client) AS clients,
    sum(u.flows) AS flows,
    round(sum(u.expected), 3) AS expected,
    sum(bytes_up + bytes_down) AS bytes,
    simulated
FROM usage AS u
WHERE category != 'none'
    AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')
    AND ({country:String} = '' OR country = {country:String})
    AND ({tool:String} = '' OR tool = {tool:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, tool, category, simulated
ORDER BY country, day, clients DESC, tool, category, simulated
