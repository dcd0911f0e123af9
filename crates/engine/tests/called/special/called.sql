/*
id: called
version: 1
tier: special
requirement: ["1.8"]
clause: {zh: 第一部分, en: part 1}
basis: plan
effective: {from: 2010-01-01}
lines: [insurance]
answerable: officer
title: {zh: 调阅, en: Called up}
text: {zh: 调阅。, en: Called up.}
level: micro
scope: institution
unit: count
streams: [call_ups]
lookback_days: 0
per: [policy]
bands:
  yellow: "late >= 1"
  orange: "missing >= 1"
  red: "value >= 1"
*/
SELECT
  institution,
  day,
  policy,
  count(*) FILTER (WHERE NOT hash_matches) AS value,
  count(*) FILTER (WHERE answered_at IS NULL) AS missing,
  count(*) FILTER (WHERE answered_at > due_at) AS late,
  array_agg(position) AS rows
FROM call_ups
GROUP BY institution, day, policy
