SELECT comment FROM system.databases WHERE name = ?
