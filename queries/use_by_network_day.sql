-- title: Use by network and day
-- question: How many clients of each network used circumvention, day by day, out of how many?
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column asn key: number of the clients' network, 0 where unknown
-- column day key: UTC day
-- column clients clients: distinct clients that used it, exact within the day
-- column all_clients clients: distinct clients seen at all
-- column simulated key: 1 where the rows are simulated
SELECT
    country,
    asn,
    day,
    toUInt64(sumIf(c.clients, grouping = 'network_category' AND has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8'))
        - sumIf(c.clients * (greatest(length(arrayIntersect(c.categories, {categories:Array(String)})), 1) - 1), grouping = 'network_categories')) AS clients,
    sumIf(c.clients, grouping = 'network') AS all_clients,
    simulated
FROM counts_day AS c
WHERE (grouping IN ('network', 'network_category') OR (grouping = 'network_categories' AND level = toString({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)})))
    AND ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, day, simulated
ORDER BY country, asn, day, simulated
