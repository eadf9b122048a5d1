SELECT toUInt64(count()) FROM forgotten WHERE what != 'retention'
