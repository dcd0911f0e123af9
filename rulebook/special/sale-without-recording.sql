/*
id: sale-without-recording
version: 1
tier: special
serves: recorded-sales
demands: [dual-recording]
requirement: ["1.8"]
clause:
  zh: 工作方案第一部分“操作指引”：互联网保险销售的“双录”（录音录像）场景，如销售年化收益率超 5% 的理财型保险
  en: "Work plan, part 1, operating guidance: dual recording (sound and picture), such as for sales of wealth-type insurance with a yield above 5 % a year"
basis: plan
effective: {from: 2010-01-01}
lines: [insurance]
answerable: officer
title:
  zh: 应双录的销售没有双录
  en: A sale that had to be recorded and was not
text:
  zh: |
    理财型产品（万能险、投连险、分红险、年金险）的保单，向客户演示的年化收益率超过 5% 的，销售当日或次日须有该保单的双录；没有的，
    为发现，每张保单一条。恰好 5% 不须。
    高收益演示最容易把不确定的写成承诺；没有录音录像，事后谁说过什么无从查证，客户只能自认损失。现行法规没有以 5% 划线，
    5% 是工作方案的场景；法规以产品、渠道和投保人年龄划线。
    产品类型以销售当日有效的产品登记为准。没有演示收益率的保单不在此列；产品从未登记而又没有双录的，无法判定。
    次日的双录也算，故在次日报送截止后才判定。缺声音或画面的双录由 recording-one-channel 判断，本条视为有。
    黄色：逐单整改。
    处置：要求机构联系客户，重新告知并补录，客户可以无条件撤单；同一销售人员多单如此的，暂停其销售资格。
  en: |
    A policy of a wealth-type product (universal life, unit-linked, participating, annuity) for which the client was
    shown a yield above 5 % a year needs a recording of that policy on the day of sale or the next; without one it is a
    finding, each policy by itself. Exactly 5 % needs none.
    Where a high yield is shown, what is uncertain easily becomes a promise; without sound and picture nobody can show
    afterwards who said what, and the client bears the loss. No law draws the line at 5 %: that is the plan's scene; the
    law draws it by product, channel and the buyer's age.
    The kind is that of the product's registration in force on the day of sale. A policy for which no yield was shown is
    not looked at; one of a product never registered, and without a recording, is undetermined.
    A recording of the next day counts, so a day is judged when the filings of the day after have come due. One that
    lacks sound or picture is for recording-one-channel and counts as there.
    Yellow: to be put right policy by policy.
    What to do: have the institution call the client, explain anew and record it; the client may withdraw without cost;
    where one seller has several, suspend the seller.
level: micro
scope: institution
unit: count
streams: [policy, product, dual_recording]
lookback_days: 0
lookahead_days: 1
days: closed
per: [policy]
bands:
  yellow: "value >= 1"
*/
WITH high AS (
  SELECT institution, day, position, policy, product, annual_yield_percent
  FROM policy
  WHERE annual_yield_percent > 5
),
described AS (
  SELECT
    h.*,
    p.kind,
    row_number() OVER (PARTITION BY h.position ORDER BY p.effective_from DESC, p.position DESC) AS place
  FROM high h
  LEFT JOIN product p
    ON p.institution = h.institution AND p.product = h.product AND p.effective_from <= h.day
),
recorded AS (
  SELECT DISTINCT h.position
  FROM high h
  JOIN dual_recording r
    ON r.institution = h.institution
    AND r.policy = h.policy
    AND r.day BETWEEN h.day AND h.day + INTERVAL '1' DAY
)
SELECT
  d.institution,
  d.day,
  d.policy,
  CASE
    WHEN count(r.position) = count(*) THEN 0
    WHEN count(d.kind) < count(*) THEN NULL
    ELSE count(*) - count(r.position)
  END AS value,
  max(d.product) AS product,
  max(d.annual_yield_percent) AS annual_yield_percent,
  array_agg(d.position) AS rows
FROM described d
LEFT JOIN recorded r ON r.position = d.position
WHERE d.place = 1
  AND (d.kind IS NULL OR d.kind IN ('universal_life', 'unit_linked', 'participating', 'annuity'))
GROUP BY d.institution, d.day, d.policy
