-- title: Share of clients that use circumvention tools
-- question: Of all clients seen on a day, which share used a VPN, a proxy or an anonymity network?
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column day: UTC day
-- column using: distinct clients that used such a tool
-- column clients: distinct clients seen at all, the denominator
-- column share: using / clients
-- column expected_flows: expected number of flows of such tools: the sum of their probabilities, whatever the level
-- column flows: all flows, the denominator
-- column expected_flow_share: expected_flows / flows
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    toDate(hour) AS day,
    uniqExactIf(client, has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS using,
    uniqExact(client) AS clients,
    using / clients AS share,
    sumIf(u.expected, has({categories:Array(String)}, category)) AS expected_flows,
    sum(u.flows) AS flows,
    expected_flows / flows AS expected_flow_share,
    simulated
FROM usage AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, day, simulated
ORDER BY country, day, simulated
