-- title: Use by network
-- question: In which networks is circumvention used, and by which share of their clients?
-- param country String = '': lower-case ISO code; empty for all
-- param level Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4) = '@level': lowest level of the verdict
-- param categories Array(String) = '@categories': kinds of tools that count as use
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column asn key: number of the clients' network, 0 where unknown
-- column client_days clients: distinct clients, summed over the days (a pseudonym lasts a day)
-- column using_days clients: those of them that used such a tool
-- column share share: using_days / client_days
-- column flows sum: all flows of the network
-- column expected_flows sum: expected number of flows of such tools
-- column simulated key: 1 where the rows are simulated
WITH arraySum(arrayMap((c, i) -> bitShiftLeft(toUInt64(has({categories:Array(String)}, c)), i - 1), n.categories, arrayEnumerate(n.categories))) AS chosen
SELECT
    country,
    asn,
    sum(n.clients) AS client_days,
    sum(arraySum(arrayMap((s, many) -> many * (bitAnd(s, chosen) != 0),
        if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'likely', n.likely_sets, if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'possible', n.possible_sets, n.confirmed_sets)),
        if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'likely', n.likely_clients, if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'possible', n.possible_clients, n.confirmed_clients))))) AS using_days,
    using_days / client_days AS share,
    sum(n.flows) AS flows,
    round(sum(arraySum(arrayMap((c, e) -> e * has({categories:Array(String)}, c), n.categories, n.expected))), 3) AS expected_flows,
    simulated
FROM networks_day AS n
WHERE ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY country, asn, simulated
ORDER BY using_days DESC, country, asn, simulated
