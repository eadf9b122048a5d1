SELECT
    (SELECT count() FROM system.parts WHERE active AND database = currentDatabase()) AS parts,
    (SELECT count() FROM system.merges WHERE database = currentDatabase()) AS merges,
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()) AS bytes,
    (SELECT toUInt64(min(free_space)) FROM system.disks) AS free
