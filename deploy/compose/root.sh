#!/bin/sh
# Makes the file system that the program runs in: root.sh PROGRAM ROOT STATE. The program loads the C library (an embedded
# engine is a library, too), so that it does not start on an empty one.
set -eu
program=$1 root=$2 state=$3
umask 022
mkdir -p "$root/etc/ssl/certs" "$root/usr/bin" "$root/var/lib/banshift"
install -d -m 1777 "$root/tmp"
install -d -m 0700 "$state"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$root$(dirname "$library")"
	cp -L "$library" "$root$library"
done
