SELECT DISTINCT name FROM system.columns WHERE database = currentDatabase()
