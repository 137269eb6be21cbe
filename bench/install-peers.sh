#!/usr/bin/env bash
# Installs the systems that outlive is compared with: servers from Debian, as root, and packages from npm. Starts
# nothing. The benchmarks report and skip a system that can't be installed.
set -u
cd "$(dirname "$0")/peers" || exit 1

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  # A package's service must not start: dpkg asks this whether it may.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -q
  for package in nats-server redis-server mosquitto ngircd inspircd irssi weechat-headless; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" || echo "skipped: $package"
  done
else
  echo "skipped: nats-server, redis-server, mosquitto, ngircd, inspircd, irssi and weechat-headless need apt-get and root"
fi
npm ci --no-audit --no-fund || echo "skipped: ws, aedes and gossipsub"
