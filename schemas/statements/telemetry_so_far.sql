SELECT (SELECT sum(records_in) FROM ledger WHERE state = 'done'), (SELECT toUInt64(uniqExact(toDate(hour))) FROM coverage)
