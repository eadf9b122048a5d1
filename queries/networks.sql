-- title: Use by network
-- question: In which networks is circumvention used, and by which share of their clients?
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country: country of the clients
-- column asn: number of the clients' network, 0 where unknown
-- column client_days: distinct clients, summed over the days (a pseudonym lasts a day)
-- column using_days: those of them that used such a tool
-- column share: using_days / client_days
-- column flows: all flows of the network
-- column expected_flows: expected number of flows of such tools
-- column simulated: 1 where the rows are simulated
SELECT
    country,
    asn,
    uniqExact(toDate(hour), client) AS client_days,
    uniqExactIf((toDate(hour), client), has({categories:Array(String)}, category) AND indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level) >= CAST({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)}, 'Int8')) AS using_days,
    using_days / client_days AS share,
    sum(u.flows) AS flows,
    round(sumIf(u.expected, has({categories:Array(String)}, category)), 3) AS expected_flows,
    simulated
FROM usage AS u
WHERE ({country:String} = '' OR country = {country:String})
    AND toDate(hour) BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, simulated
ORDER BY using_days DESC, country, asn, simulated
