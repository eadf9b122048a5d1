SELECT number FROM numbers(1000000000) WHERE sleepEachRow(1) = 1 SETTINGS max_block_size = 1, max_rows_to_read = 0, max_execution_time = 0
