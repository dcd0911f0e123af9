/*
id: highest-return
version: 1
tier: indicator
requirement: ["2.5", "2.6"]
clause:
  zh: 工作方案第二部分“智能监测预警体系”：分层模型与四级预警；本项为综合预警分的组成部分
  en: "Work plan, part 2, monitoring and early warning: layered models and four grades; a component of the early-warning points"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
title:
  zh: 最高承诺收益率
  en: Highest return promised
text:
  zh: |
    各期限中向出借人承诺的最高年化收益率。11% 及以上计 1 分，13% 及以上计 2 分，15% 及以上计 3 分。
    承诺收益远高于同期银行贷款利率，只能由更高的借款利率或新出借人的本金支付。未报或为零时无法判定，计 0 分。
  en: |
    The highest annual return promised to lenders on any term. 11 % or more gives 1 point, 13 % or more 2, 15 % or
    more 3. A return far above what banks charge can only be paid from still higher rates for borrowers, or from the
    principal of new lenders. When it was not filed or is zero, it is undetermined and gives no points.
level: micro
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
weight_only: true
bands:
  yellow: "points >= 1"
  orange: "points >= 2"
  red: "points >= 3"
*/
WITH filed AS (
  SELECT institution, day, CASE WHEN highest_return_percent > 0 THEN highest_return_percent END AS value
  FROM business_daily
  WHERE line = 'p2p'
)
SELECT
  institution,
  day,
  value,
  CASE WHEN value >= 15 THEN 3 WHEN value >= 13 THEN 2 WHEN value >= 11 THEN 1 WHEN value > 0 THEN 0 END AS points
FROM filed
