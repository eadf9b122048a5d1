SELECT count() FROM forgotten WHERE origin = ? AND table_name = 'batches'
