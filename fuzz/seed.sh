#!/bin/sh
# Writes what the fuzzers begin with under fuzz/corpus, made from the example filings, the shipped
# rules and a proof file out of a made-up ledger. Run it from anywhere.
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/record_reader corpus/canonical_form corpus/leaf corpus/ledger_reader corpus/proof_file corpus/rule_parser
cp seeds/proof_file corpus/proof_file/
number=0
# In the order of the streams' numbers: the first byte of an input chooses the stream.
for stream in transaction project business_daily operations_daily custody_statement disclosure \
  major_event related_party_deal kyc_check dual_recording register rectification_plan; do
  line=0
  while IFS= read -r text; do
    printf "\\$(printf %o "$number")%s" "$text" > "corpus/record_reader/$stream-$line"
    line=$((line + 1))
  done < "../examples/filings/$stream.ndjson"
  number=$((number + 1))
done
for rule in $(find ../rulebook -name '*.yaml' ! -name '*.cases.yaml'); do
  cp "$rule" corpus/rule_parser/
done
