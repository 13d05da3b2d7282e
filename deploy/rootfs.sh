#!/bin/sh
# The root file system of the image: node, the libraries it is linked with, the compiled daemon, and nothing else: no
# shell, no package manager. Run by the Dockerfile; test/real/package.test.ts runs it too and starts what it made.
#
#   rootfs.sh NODE APP DEST [ROOT]
#
# NODE: the binary; APP: folder with package.json, dist, locales, assets and node_modules; DEST: new folder; ROOT: where
# the libraries of NODE's platform are, default /. NODE is not run: it may be of another platform.
set -eu
node="$1" app="$2" dest="$3" root="${4:-}"

# The machine of an ELF file: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
case "$(od -An -tx1 -j18 -N2 "$node" | tr -d ' ')" in
  3e00) triplet=x86_64-linux-gnu loader=/lib64/ld-linux-x86-64.so.2 ;;
  b700) triplet=aarch64-linux-gnu loader=/lib/ld-linux-aarch64.so.1 ;;
  *) echo "rootfs.sh: no image for the platform of $node" >&2; exit 1 ;;
esac

mkdir -p "$dest/usr/local/bin" "$dest/app" "$dest/etc" "$dest/tmp" "$dest/data" "$dest/run/mirrorwatch" "$dest/etc/mirrorwatch"
cp -L "$node" "$dest/usr/local/bin/node"
# What node is linked with on both platforms; test/real/package.test.ts compares it with ldd.
# All are beside libc: the path of the loader itself is often an absolute link, which leads out of ROOT.
for library in "$loader" $(printf "/lib/$triplet/%s " libc.so.6 libdl.so.2 libgcc_s.so.1 libm.so.6 libpthread.so.0 libstdc++.so.6); do
  mkdir -p "$dest$(dirname "$library")"
  cp -L "$root/lib/$triplet/$(basename "$library")" "$dest$library"
done
cp -R "$app/package.json" "$app/dist" "$app/locales" "$app/assets" "$app/node_modules" "$dest/app/"

echo 'node:x:1000:1000::/data:/usr/local/bin/node' >"$dest/etc/passwd"
echo 'node:x:1000:' >"$dest/etc/group"
echo 'hosts: files dns' >"$dest/etc/nsswitch.conf"
chmod 1777 "$dest/tmp"
chmod 775 "$dest/data" "$dest/run/mirrorwatch"
