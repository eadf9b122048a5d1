-- title: Block lists as they were seen
-- question: Which prefixes did each imported block list hold on the days on which it was seen? A prefix that two decrees name is there once.
-- public: others published it
-- param list String = '': one list; empty for all
-- param from Date = '1970-01-01': first day of observation
-- param to Date = '2149-06-06': last day of observation
-- column list key: name of the list
-- column as_of key: day on which the list was seen, not the day of a decree
-- column prefix key: a blocked prefix
-- column simulated key: 1 where the rows are simulated
SELECT list, as_of, prefix, max(b.simulated) AS simulated
FROM blocklist AS b FINAL
WHERE ({list:String} = '' OR list = {list:String})
    AND as_of BETWEEN {from:Date} AND {to:Date}
GROUP BY list, as_of, prefix
ORDER BY list, as_of, prefix
