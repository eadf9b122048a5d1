SELECT DISTINCT toString(exporter) FROM (SELECT exporter FROM coverage UNION DISTINCT SELECT exporter FROM counted_coverage)
