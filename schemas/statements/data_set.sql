SELECT concat(key_id, '-', toString(toUnixTimestamp64Milli(at)))
FROM pseudonym_keys
ORDER BY at, key_id
LIMIT 1
