SELECT
    sum(records),
    sumIf(records, country != ''),
    sumIf(records, category NOT IN ('', 'none')),
    arraySort(groupUniqArrayIf(300)(toString(country), country != '')),
    if(count() = 0, '', toString(toDate(min(hour)))),
    if(count() = 0, '', toString(toDate(max(hour))))
FROM usage_named
