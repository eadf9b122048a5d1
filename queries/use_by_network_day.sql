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
-- bound clients 1 within all_clients: a client is of one network a day
-- bound all_clients 1: the same
WITH arraySum((c, i) -> bitShiftLeft(toUInt64(has({categories:Array(String)}, c)), i - 1), n.categories, arrayEnumerate(n.categories)) AS chosen
SELECT
    country,
    asn,
    day,
    arraySum((s, many) -> many * (bitAnd(s, chosen) != 0),
        if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'likely', n.likely_sets, if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'possible', n.possible_sets, n.confirmed_sets)),
        if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'likely', n.likely_clients, if({level:Enum8('possible' = 2, 'likely' = 3, 'confirmed' = 4)} = 'possible', n.possible_clients, n.confirmed_clients))) AS clients,
    n.clients AS all_clients,
    simulated
FROM networks_day AS n
WHERE ({country:String} = '' OR country = {country:String})
    AND day BETWEEN {from:Date} AND {to:Date}
ORDER BY country, asn, day, simulated
