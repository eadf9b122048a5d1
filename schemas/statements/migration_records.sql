SELECT number, checksum, applied_at FROM migrations WHERE number != 4294967294 ORDER BY number
