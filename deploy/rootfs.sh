#!/bin/sh
# The root file system of the image: node, the libraries it is linked with, the compiled daemon, and nothing else: no
# shell, no package manager. Run by the Dockerfile; test/real/package.test.ts runs it too and starts what it made.
#
#   rootfs.sh NODE APP DEST     NODE: the binary; APP: folder with package.json, dist, locales, assets and node_modules; DEST: new folder
set -eu
node="$1" app="$2" dest="$3"

mkdir -p "$dest/usr/local/bin" "$dest/app" "$dest/etc" "$dest/tmp" "$dest/data" "$dest/run/mirrorwatch" "$dest/etc/mirrorwatch"
cp -L "$node" "$dest/usr/local/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$dest$(dirname "$library")"
  cp -L "$library" "$dest$library"
done
cp -R "$app/package.json" "$app/dist" "$app/locales" "$app/assets" "$app/node_modules" "$dest/app/"

echo 'node:x:1000:1000::/data:/usr/local/bin/node' >"$dest/etc/passwd"
echo 'node:x:1000:' >"$dest/etc/group"
echo 'hosts: files dns' >"$dest/etc/nsswitch.conf"
chmod 1777 "$dest/tmp"
