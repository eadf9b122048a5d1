SELECT count() FROM %[1]s WHERE bitShiftRight(%[2]s, 32) IN (0, 65535, 4294967295) OR bitAnd(%[2]s, 4294967295) = 0
