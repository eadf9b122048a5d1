SELECT DISTINCT number, tool, service, category, level, pack, lists FROM verdicts ORDER BY number
