#!/bin/sh
# Makes the passwords that compose.yaml names, where they are missing: files of letters and digits that only you can read.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
for name in store_writer store_reader grafana_admin; do
	[ -e "secrets/$name" ] || LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32 >"secrets/$name"
done
# Containers run as users of their own, and read them through a mount.
chmod 644 secrets/*   # in a directory that nobody else may enter
chmod 700 secrets
