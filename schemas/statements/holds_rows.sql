SELECT toUInt64(count()) FROM %s
