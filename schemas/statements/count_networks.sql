INSERT INTO counted_networks
SELECT
    country, asn, day, simulated, clients, flows, names,
    arrayMap(i -> arraySum(u -> u.4 * (u.1 = i), used), arrayEnumerate(names)),
    by_level[1].1, by_level[1].2, by_level[2].1, by_level[2].2, by_level[3].1, by_level[3].2, version
FROM
(
    WITH
        arraySort(groupUniqArrayIf(category, grouping = 'network_category')) AS names,
        arraySort(groupArrayIf((category, indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level), d.clients, d.expected), grouping = 'network_category')) AS categories_used,
        arraySort(groupArrayIf((categories, indexOf(['unclassified', 'possible', 'likely', 'confirmed'], level), d.clients), grouping = 'network_categories')) AS sets_used,
        arrayMap(u -> (indexOf(names, u.1), u.2, u.3, u.4), categories_used) AS used,
        arrayMap(s -> (arraySum(arrayMap(c -> bitShiftLeft(toUInt64(1), indexOf(names, c) - 1), s.1)), s.2, s.3), sets_used) AS several
    SELECT
        country, asn, day, simulated, d.version AS version, names, used,
        sumIf(d.clients, grouping = 'network') AS clients,
        sumIf(d.flows, grouping = 'network') AS flows,
        -- Whoever used one category used it alone, or it in a set of several.
        arrayMap(l -> arrayFilter(x -> x.2 > 0, arrayConcat(
            arrayMap(s -> (s.1, s.3), arrayFilter(s -> s.2 = l, several)),
            arrayMap(i -> (bitShiftLeft(toUInt64(1), i - 1),
                toUInt64(arraySum(u -> u.3 * (u.1 = i AND u.2 >= l), used) - arraySum(s -> s.3 * (s.2 = l AND bitTest(s.1, i - 1)), several))), arrayEnumerate(names)))), [2, 3, 4]) AS by_level
    FROM counted_days AS d
    WHERE grouping IN ('network', 'network_category', 'network_categories')
        AND d.country IN {countries:Array(String)} AND d.day BETWEEN {from:Date} AND {to:Date}
        AND (d.country, d.day, d.version) IN {versions:Array(Tuple(String, Date, UInt64))}
    GROUP BY country, asn, day, simulated, version
)
SETTINGS insert_deduplicate = 0, max_partitions_per_insert_block = 0
