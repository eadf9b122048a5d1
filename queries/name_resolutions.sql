-- title: Where legitimate names resolve to
-- question: Into which prefixes did each registered domain that is no known service's resolve, day by day, and how often was it asked for?
-- param country String = '': lower-case ISO code of the clients; empty for all
-- param from Date = '1970-01-01': first UTC day
-- param to Date = '2149-06-06': last UTC day
-- column country key: country of the clients
-- column day key: UTC day
-- column name key: registered domain
-- column ipv6 key: 1 for answers of IPv6: one question asks for one family
-- column prefixes text: /24 or /48 of the answers
-- column queries sum: answered questions of that family: the count of the most frequent answer
-- column simulated key: 1 where the rows are simulated
SELECT
    country,
    day,
    name,
    ipv6,
    arraySort(groupArray(if(ipv6 = 1, concat(toString(net), '/48'), concat(replaceOne(toString(net), '::ffff:', ''), '/24')))) AS prefixes,
    max(answers) AS queries,
    simulated
FROM
(
    SELECT
        country, day, name, prefix AS net, simulated,
        toUInt8(NOT isIPAddressInRange(toString(prefix), '::ffff:0:0/96')) AS ipv6,
        sum(r.answers) AS answers
    FROM resolutions AS r
    WHERE ({country:String} = '' OR country = {country:String})
        AND day BETWEEN {from:Date} AND {to:Date}
        AND name NOT IN (SELECT DISTINCT q.name FROM questions_day AS q WHERE q.grouping = 'name')
    GROUP BY country, day, name, net, simulated
)
GROUP BY country, day, name, ipv6, simulated
ORDER BY country, day, name, ipv6, simulated
