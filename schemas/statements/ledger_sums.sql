SELECT
    countIf(state = 'done'),
    sumIf(records_in, state = 'done'),
    sumIf(stored, state = 'done'),
    sumIf(folded, state = 'done'),
    sumIf(rejected, state = 'done')
FROM ledger
