#!/bin/bash
# Writes the file system of a PostgreSQL image to stdout as a tar archive; all talk goes to stderr.
# `cargo xtask image` runs it as root in a mount namespace of its own:
#
#   unshare --mount --pid --fork --kill-child --mount-proc bash build.sh SUITE MIRROR MAJOR
#
# Everything is unpacked on a tmpfs that only this namespace sees, so nothing is left behind on any path,
# not even after SIGKILL, and no fsync of the package manager reaches a disk.
set -euo pipefail

suite=$1 mirror=$2 major=$3
here=$(dirname "$(realpath "$0")")
root=/mnt

exec 3>&1 1>&2
# Read before the tmpfs hides whatever /mnt holds: the checkout may lie there.
entrypoint=$(cat "$here/entrypoint.sh"; echo x)
mount -t tmpfs -o size=2g,mode=0755 image "$root"

debootstrap --variant=minbase --include="postgresql-$major" "$suite" "$root" "$mirror"

# What a server that lives for minutes never reads. Without its LLVM provider PostgreSQL silently does without JIT.
rm -rf "$root"/var/lib/postgresql/* "$root"/etc/postgresql/* "$root"/var/log/* \
    "$root"/var/cache/* "$root"/var/lib/apt/lists/* "$root"/tmp/* \
    "$root"/usr/share/{doc,man,info,locale,i18n,perl,lintian,bug} "$root"/usr/share/postgresql-common \
    "$root"/usr/lib/postgresql/"$major"/lib/{bitcode,llvmjit.so,llvmjit_types.bc} \
    "$root"/usr/lib/*/libLLVM* "$root"/usr/lib/*/libz3.so* "$root"/usr/lib/llvm-* \
    "$root"/usr/lib/*/perl "$root"/etc/ssl/private/*
printf '%s' "${entrypoint%x}" > "$root/usr/local/bin/vsa-entrypoint"
chmod 0755 "$root/usr/local/bin/vsa-entrypoint"
install -d -m 2775 -o "$(awk -F: '$1 == "postgres" { print $3 }' "$root/etc/passwd")" \
    -g "$(awk -F: '$1 == "postgres" { print $3 }' "$root/etc/group")" "$root/run/postgresql"

tar --create --numeric-owner --one-file-system --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* \
    --directory "$root" . >&3
