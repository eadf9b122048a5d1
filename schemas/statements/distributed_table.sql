CREATE OR REPLACE TABLE %[1]s AS %[2]s.%[1]s ENGINE = Distributed(%[3]s, %[4]s, %[5]s, client)
