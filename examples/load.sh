#!/bin/sh
# Loads the example country into a new store, in the order a registry would. A store that is there already is left alone.
# environment: BIN (folder of the eir command), STORE
set -eu
EIR_STORE=${STORE:-var/eir}
export EIR_STORE
eir=${BIN:-.venv/bin}/eir
here=$(dirname "$0")
unfinished=$EIR_STORE/examples.unfinished

try() {
    option=
    [ "$EIR_STORE" = var/eir ] || option=" --store '$EIR_STORE'"
    echo "try, in another terminal:  $eir$option check 352604116883409"
}

if [ -e "$EIR_STORE/data.mdb" ] && [ ! -e "$unfinished" ]; then
    echo "the store $EIR_STORE is there already, and left as it is (remove the folder to begin anew)"
    try
    exit 0
fi
# What an interrupted run has loaded is not loaded again: a batch is known by its content.
mkdir -p "$EIR_STORE"
: > "$unfinished"
[ -e "$EIR_STORE/data.mdb" ] || "$eir" init
"$eir" load tac "$here/tac-catalogue.txt"
"$eir" load manifest "$here/manifests/1403-12345678.csv"
"$eir" load manifest "$here/manifests/87654321.xlsx"
"$eir" load manifest "$here/manifests/55500011.json"
"$eir" load manifest "$here/manifests/11223344.tsv" --declaration 11223344
"$eir" load stolen "$here/stolen.csv"
"$eir" load pairs "$here/pairs.csv"
for dump in "$here"/operators/*.csv; do
    "$eir" load operator-dump "$dump"
done
"$eir" blocklist build --out "$EIR_STORE/lists"
rm "$unfinished"
try
