SYSTEM START LISTEN HTTP;
SELECT sleepEachRow(1) FROM system.numbers FORMAT Null SETTINGS max_block_size = 1, max_threads = 1
