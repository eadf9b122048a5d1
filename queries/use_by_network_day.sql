-- title: Use by network and day
-- question: How many clients of each network used circumvention, day by day, out of how many?
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column asn: number of the clients' network, 0 where unknown
-- column day: UTC day
-- column clients: distinct clients that used it, exact within the day
-- column all_clients: distinct clients seen at all
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    asn,
    toDate(hour) AS day,
    uniqExactIf(client, has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS clients,
    uniqExact(client) AS all_clients,
    simulated
FROM usage AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, day, simulated
ORDER BY country, asn, day, simulated
