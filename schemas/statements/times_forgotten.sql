SELECT uniqExact(id) FROM forgotten WHERE origin = ? AND table_name = 'batches'
