-- Networks
SELECT asn, client_days, using_days, share
FROM
(
WITH arraySum(arrayMap((c, i) -> bitShiftLeft(toUInt64(has(CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'), c)), i - 1), n.categories, arrayEnumerate(n.categories))) AS chosen
SELECT
    country,
    asn,
    sum(n.clients) AS client_days,
    sum(arraySum(arrayMap((s, many) -> many * (bitAnd(s, chosen) != 0),
        if(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)') = 'likely', n.likely_sets, if(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)') = 'possible', n.possible_sets, n.confirmed_sets)),
        if(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)') = 'likely', n.likely_clients, if(CAST({{level}}, 'Enum8(\'possible\' = 2, \'likely\' = 3, \'confirmed\' = 4)') = 'possible', n.possible_clients, n.confirmed_clients))))) AS using_days,
    using_days / client_days AS share,
    sum(n.flows) AS flows,
    round(sum(arraySum(arrayMap((c, e) -> e * has(CAST('[\'vpn\',\'proxy\',\'anonymity\']', 'Array(String)'), c), n.categories, n.expected))), 3) AS expected_flows,
    simulated
FROM networks_day AS n
WHERE (CAST({{country}}, 'String') = '' OR country = CAST({{country}}, 'String'))
    AND day BETWEEN CAST({{from}}, 'Date') AND CAST({{to}}, 'Date')
GROUP BY country, asn, simulated
ORDER BY using_days DESC, country, asn, simulated
)
LIMIT 1000
