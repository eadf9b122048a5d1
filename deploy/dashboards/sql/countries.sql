SELECT DISTINCT country FROM counts_day WHERE grouping = 'all' AND country != '' ORDER BY country
