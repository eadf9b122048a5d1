SELECT source, max(partition = -1 AND first = 0),
    arraySort(groupUniqArrayIf((first, clock, beside_first), partition = -2)), arraySort(groupUniqArrayIf((first, clock, beside_first), partition = -5))
FROM batches
WHERE startsWith(source, 'file:') AND state = 'done'
GROUP BY source
