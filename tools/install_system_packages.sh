#!/usr/bin/env bash
# What the browser, office, GIS and peer tests need, on Debian. Everything else comes with `make test`.
set -euo pipefail
missing=()
for package in chromium libreoffice-calc libreoffice-writer poppler-utils fonts-noto-cjk splat python3-qgis qgis-providers python3-gdal; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
