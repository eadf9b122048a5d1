-- title: Share of clients that use circumvention tools
-- question: Of all clients seen on a day, which share used a VPN, a proxy or an anonymity network?
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column using clients: distinct clients that used such a tool
-- column clients clients: distinct clients seen at all, the denominator
-- column share share: using / clients
-- column expected_flows sum: expected number of flows of such tools: the sum of their probabilities, whatever the level
-- column flows sum: all flows, the denominator
-- column expected_flow_share share: expected_flows / flows
-- column simulated key: 1 where the rows are simulated
-- bound using 1 within clients: a client is of one country, and counted once a day
-- bound clients 1: the same
SELECT
    country,
    day,
    toUInt64(sumIf(c.clients, grouping = 'category' AND has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8'))
        - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, {categories:Array(String)})), 1) - 1), grouping = 'categories')) AS `using`,
    sumIf(c.clients, grouping = 'all') AS clients,
    `using` / clients AS share,
    sumIf(c.expected, grouping = 'category' AND has({categories:Array(String)}, category)) AS expected_flows,
    sumIf(c.flows, grouping = 'all') AS flows,
    expected_flows / flows AS expected_flow_share,
    simulated
FROM counts_day AS c
WHERE (grouping IN ('all', 'category') OR (grouping = 'categories' AND level = toString({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)})))
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, simulated
ORDER BY country, day, simulated
