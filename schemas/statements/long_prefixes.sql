SELECT count() FROM %[1]s WHERE %[2]s != toIPv6(cutIPv6(%[2]s, 10, 1))
