CREATE TABLE IF NOT EXISTS migrations %s
(
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = %s
ORDER BY number
