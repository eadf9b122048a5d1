SELECT sum(records) FROM counts_day WHERE grouping = 'all'
