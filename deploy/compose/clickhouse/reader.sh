#!/bin/sh
# Makes the user that may only read, once, when the store is made. Its password has only letters and digits (./secrets.sh).
set -eu
clickhouse-client --user "$CLICKHOUSE_USER" --password "$(cat "$CLICKHOUSE_PASSWORD_FILE")" --multiquery <<SQL
CREATE USER IF NOT EXISTS banshift_reader IDENTIFIED BY '$(cat /run/secrets/store_reader)' SETTINGS readonly = 2;
GRANT SELECT ON banshift.* TO banshift_reader;
SQL
