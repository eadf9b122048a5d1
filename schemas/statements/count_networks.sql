INSERT INTO counted_networks
SELECT
    country, asn, day, simulated, clients, flows, names,
    arrayMap(u -> bitShiftLeft(toUInt64(1), indexOf(names, u.1) - 1), used), used.2, used.3, used.4,
    arrayMap(s -> arraySum(arrayMap(c -> bitShiftLeft(toUInt64(1), indexOf(names, c) - 1), s.1)), several), several.2, several.3, version
FROM
(
    SELECT
        country, asn, day, simulated, d.version AS version,
        arraySort(groupUniqArrayIf(category, grouping = 'network_category')) AS names,
        sumIf(d.clients, grouping = 'network') AS clients,
        sumIf(d.flows, grouping = 'network') AS flows,
        arraySort(groupArrayIf((category, level, d.clients, expected), grouping = 'network_category')) AS used,
        arraySort(groupArrayIf((categories, level, d.clients), grouping = 'network_categories')) AS several
    FROM counted_days AS d
    WHERE grouping IN ('network', 'network_category', 'network_categories')
        AND d.country IN {countries:Array(String)} AND d.day BETWEEN {from:Date} AND {to:Date}
        AND (d.country, d.day, d.version) IN {versions:Array(Tuple(String, Date, UInt64))}
    GROUP BY country, asn, day, simulated, version
)
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0
