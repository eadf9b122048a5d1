SELECT * FROM result SETTINGS max_threads = 1
