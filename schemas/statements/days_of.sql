SELECT DISTINCT toString(country) AS country, toInt32(toDate(hour)) AS day FROM %[1]s WHERE %[2]s
