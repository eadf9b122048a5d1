SELECT number, checksum, applied_at FROM migrations ORDER BY number
