/*
id: public-reach
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
  zh: 公众波及面（出借人数）
  en: Reach into the public
text:
  zh: |
    出借人数。1,000 人及以上计 1 分，3,000 人及以上计 2 分，10,000 人及以上计 3 分。
    人数本身不是过错，但人数越多，吸收的公众资金越多，一旦出险后果越重，也越容易成为挤兑与集资的温床。
    未报或没有出借人时无法判定，计 0 分。
  en: |
    The number of lenders. 1,000 or more give 1 point, 3,000 or more 2, 10,000 or more 3. Numbers are no fault, but
    the more people lend, the more public money is taken in, the worse a failure is, and the easier runs and illegal
    fund-raising grow. When it was not filed or there are no lenders, it is undetermined and gives no points.
level: micro
scope: institution
unit: count
streams: [business_daily]
lookback_days: 0
weight_only: true
bands:
  yellow: "points >= 1"
  orange: "points >= 2"
  red: "points >= 3"
*/
WITH filed AS (
  SELECT institution, day, NULLIF(lenders, 0) AS value
  FROM business_daily
  WHERE line = 'p2p'
)
SELECT
  institution,
  day,
  value,
  CASE
    WHEN value >= 10000 THEN 3 WHEN value >= 3000 THEN 2 WHEN value >= 1000 THEN 1 WHEN value >= 0 THEN 0
  END AS points
FROM filed
