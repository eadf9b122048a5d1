-- title: Rule packs and lists behind the store
-- question: Which versions of rule packs and lists made the verdicts that are stored?
-- public: it names versions
-- column pack key: version of the rule pack
-- column lists key: versions of the lists
-- column batches sum: batches that are stored
-- column simulated key: 1 where their records are simulated
SELECT pack, lists, count() AS batches, l.simulated AS simulated
FROM ledger AS l
WHERE state = 'done' AND partition >= 0 -- others are notes, not batches
GROUP BY pack, lists, simulated
ORDER BY pack, lists, simulated
