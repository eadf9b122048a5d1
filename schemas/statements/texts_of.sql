SELECT DISTINCT toString(%[2]s) FROM %[1]s
