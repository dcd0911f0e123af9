/*
id: sales-qualification
version: 1
tier: special
serves: within-licence
demands: [sales-qualification]
requirement: ["1.3"]
clause:
  zh: 工作方案第一部分“基础制度”：业务红线（保险平台销售资质要求）
  en: "Work plan, part 1, basic rules: red lines (sales qualification of an insurance platform)"
basis: plan
effective: {from: 2010-01-01}
lines: [insurance]
answerable: officer
title:
  zh: 无资质或资质过期销售保险
  en: Insurance sold without a qualification, or after it ran out
text:
  zh: |
    保险平台销售保单的当日，登记中没有许可证（备案）号，或许可已过有效期的，为发现。有效期最后一日仍可销售。
    互联网保险业务只能由依法设立的保险机构开展（《互联网保险业务监管办法》第三条），资质是其余一切要求的前提；
    无资质的平台没有分支机构可查、没有保证金可赔，出事后客户最难追索。
    许可没有写有效期的，视为不限期（2021 年起保险专业代理机构的许可证不再设三年有效期）；当日没有销售的不标记；
    登记中查不到该平台保险业态的，无法判定，先补登记。
    一经发现即为橙色：是否合法经营，没有程度之分。
    处置：当日要求停止销售；核实许可状态；已售保单由承保公司承接服务；无证经营的依法取缔并移送。
  en: |
    A finding is a day on which an insurance platform sold policies although the register holds no number of a licence
    (or filing) for it, or its licence had run out. On the last day of the licence it may still sell.
    Internet insurance is for insurance institutions established by law alone (Measures for the Supervision of Internet
    Insurance Business, art. 3); all other duties rest on that. A platform without a qualification has no branch to
    inspect and no deposit to pay from, and its clients are the hardest to make whole.
    A licence without an end is unlimited (since 2021 licences of insurance agencies no longer end after three years).
    A day without sales is silent. A platform that the register does not know as one of insurance is undetermined:
    complete the register first.
    Any finding is orange: to be licensed or not has no degrees.
    What to do: have sales stopped the same day; check the licence; have the insurers behind the policies look after
    the clients; close down and refer those who act without one.
level: micro
scope: institution
unit: count
streams: [policy, registered]
lookback_days: 0
bands:
  orange: "value >= 1"
*/
WITH sold AS (
  SELECT institution, day, count(*) AS policies, array_agg(position) AS rows
  FROM policy
  GROUP BY institution, day
)
SELECT
  s.institution,
  s.day,
  CASE
    WHEN r.line IS NULL THEN NULL
    WHEN r.licence IS NULL OR r.licence_until < s.day THEN s.policies
    ELSE 0
  END AS value,
  s.policies,
  r.licence,
  r.licence_until,
  s.rows
FROM sold s
LEFT JOIN registered r ON r.institution = s.institution AND r.day = s.day
