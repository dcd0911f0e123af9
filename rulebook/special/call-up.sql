/*
id: call-up
version: 1
tier: special
serves: recorded-sales
demands: [call-up]
requirement: ["1.8"]
clause:
  zh: 工作方案第一部分“操作指引”：双录的调阅流程（监管部门可随时调取）
  en: "Work plan, part 1, operating guidance: how recordings are called up (the supervisor can have them at any time)"
basis: plan
effective: {from: 2010-01-01}
lines: [insurance]
answerable: officer
title:
  zh: 双录调阅未按时提供或与摘要不符
  en: A recording called up that came late, not at all, or is not the one filed
text:
  zh: |
    监管部门调阅某保单的录音或录像，机构在期限内没有上传、逾期上传，或上传的文件与当初报送的摘要不符的，为发现；每张保单每日一条，
    数值为有问题的份数，读数日期为调阅日。到期前不判定。
    双录的价值在于需要时拿得出、且没有改过；摘要在销售次日已封存于账本，事后剪辑、补录的文件对不上。
    逾期上传为黄色；到期未上传为橙色；摘要不符为红色：涉嫌篡改证据，须立即保全。
    当初没有报送该通道摘要的，上传后无从比对，无法判定，同时见 recording-one-channel。
    处置：到期未上传的当日催告，仍不提供的现场提取；摘要不符的封存机构的录制与存储系统，查明何人何时改动，移送。
  en: |
    The supervisor called up the sound or the picture of a policy's sale, and the institution did not upload it in time,
    uploaded it late, or uploaded a file that is not the one whose digest it filed: a finding, one for each policy and
    day, the value being how many were so; the day is that of the call-up. Before the deadline nothing is judged.
    A recording is worth something when it can be had and was not changed. Its digest was sealed in the ledger the day
    after the sale: a file that was cut or made later does not fit.
    Late is yellow, not there by the deadline orange. A digest that does not match is red: a suspicion of tampering with
    evidence, to be preserved at once.
    Where the digest of that channel was never filed there is nothing to compare with and the verdict is undetermined;
    see recording-one-channel.
    What to do: press for a missing one the same day, and take it on site if it still does not come; where the digest
    does not match seal the systems of recording and storage, find out who changed what and when, and refer.
level: micro
scope: institution
unit: count
streams: [call_ups]
lookback_days: 0
per: [policy]
bands:
  yellow: "value >= 1"
  orange: "missing >= 1"
  red: "mismatched >= 1"
*/
WITH counted AS (
  SELECT
    institution,
    day,
    policy,
    count(*) AS asked,
    count(*) FILTER (WHERE answered_at IS NULL) AS missing,
    count(*) FILTER (WHERE answered_at > due_at) AS late,
    count(*) FILTER (WHERE NOT hash_matches) AS mismatched,
    count(*) FILTER (
      WHERE answered_at IS NULL OR answered_at > due_at OR NOT hash_matches
    ) AS faults,
    count(*) FILTER (WHERE answered_at IS NOT NULL AND hash_matches IS NULL) AS not_comparable,
    array_agg(position) AS rows
  FROM call_ups
  GROUP BY institution, day, policy
)
SELECT
  institution,
  day,
  policy,
  CASE WHEN faults > 0 OR not_comparable = 0 THEN faults END AS value,
  asked,
  missing,
  late,
  mismatched,
  not_comparable,
  rows
FROM counted
