#!/bin/bash
# Run the script $2 as on a machine of its own: what it writes to the system's folders goes to $1 and away, its
# network is a loopback alone, and what it leaves running ends with it.
set -e
if [ "$$" != 1 ]; then
    exec unshare --mount --net --pid --fork --kill-child --mount-proc "$BASH" "$0" "$@"
fi
mount -t tmpfs none "$1"
for folder in etc home root usr/local var; do
    mkdir -p "$1/$folder"/{new,work}
    mount -t overlay none -o "lowerdir=/$folder,upperdir=$1/$folder/new,workdir=$1/$folder/work" "/$folder"
done
mount -t tmpfs none /run
ip link set lo up
exec "$BASH" "$2"
