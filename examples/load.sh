#!/bin/sh
# Loads the example country into a new store, in the order a registry would. A store that is there already is left alone.
# environment: BIN (folder of the eir command), STORE
set -eu
eir="${BIN:-.venv/bin}/eir --store ${STORE:-var/eir}"
here=$(dirname "$0")

if [ -e "${STORE:-var/eir}/data.mdb" ]; then
    echo "the store ${STORE:-var/eir} is there already; left as it is"
    exit 0
fi
$eir init
$eir load tac "$here/tac-catalogue.txt"
for manifest in "$here"/manifests/1403-12345678.csv "$here"/manifests/87654321.xlsx "$here"/manifests/55500011.json; do
    $eir load manifest "$manifest"
done
$eir load manifest "$here/manifests/11223344.tsv" --declaration 11223344
$eir load stolen "$here/stolen.csv"
$eir load pairs "$here/pairs.csv"
for dump in "$here"/operators/*.csv; do
    $eir load operator-dump "$dump"
done
$eir blocklist build --out "${STORE:-var/eir}/lists"
