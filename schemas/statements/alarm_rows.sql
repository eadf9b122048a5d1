SELECT id, country, asn, tool, service, kind, step, simulated, began, raised, ended, z, clients, expected, within, title, text
FROM alarms FINAL
WHERE ended IS NULL OR greatest(raised, assumeNotNull(ended)) >= {since:DateTime('UTC')}
ORDER BY raised, id
