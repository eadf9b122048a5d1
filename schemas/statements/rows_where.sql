SELECT count() FROM %[1]s WHERE %[2]s
