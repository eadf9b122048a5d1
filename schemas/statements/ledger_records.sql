SELECT sumIf(stored + folded, state = 'done') FROM ledger
