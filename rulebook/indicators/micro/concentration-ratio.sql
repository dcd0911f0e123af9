/*
id: concentration-ratio
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
  zh: 借款集中与出借集中之比
  en: Borrower against lender concentration
text:
  zh: |
    前五十大借款人占比除以前五十大出借人占比。0.5 及以上计 1 分，1 及以上计 2 分，2 及以上计 3 分。
    资金来得分散、去得集中，说明平台把众人的钱投给少数人。任一占比未报或为零时无法判定，计 0 分。
  en: |
    The share of the fifty largest borrowers over the share of the fifty largest lenders. 0.5 or more gives 1 point,
    1 or more 2, 2 or more 3. Money that comes in spread and goes out concentrated means that the money of many is
    given to a few. When either share was not filed or is zero, it is undetermined and gives no points.
level: micro
scope: institution
unit: times
streams: [business_daily]
lookback_days: 0
weight_only: true
bands:
  yellow: "points >= 1"
  orange: "points >= 2"
  red: "points >= 3"
*/
WITH filed AS (
  SELECT
    institution,
    day,
    CASE WHEN top50_borrower_share_percent > 0
      THEN top50_borrower_share_percent / NULLIF(top50_lender_share_percent, 0)
    END AS value,
    top50_borrower_share_percent,
    top50_lender_share_percent
  FROM business_daily
  WHERE line = 'p2p'
)
SELECT
  institution,
  day,
  value,
  CASE WHEN value >= 2 THEN 3 WHEN value >= 1 THEN 2 WHEN value >= 0.5 THEN 1 WHEN value >= 0 THEN 0 END AS points,
  top50_borrower_share_percent,
  top50_lender_share_percent
FROM filed
