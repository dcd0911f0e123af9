/*
id: retail-dependence
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
  zh: 散户依赖度（大额出借人占比）
  en: Dependence on small lenders
text:
  zh: |
    出借 10 万元及以上的出借人占全部出借人的比例。15% 及以下计 1 分，10% 及以下计 2 分，5% 及以下计 3 分。
    大额出借人通常做过尽职调查；几乎全靠小额散户的平台缺少内行资金的检验，出事时波及面也最广。
    任一人数未报或没有出借人时无法判定，计 0 分。
  en: |
    The share of lenders with 100,000 yuan or more in all lenders. 15 % or less gives 1 point, 10 % or less 2, 5 %
    or less 3. Large lenders have mostly looked into the platform; one that lives on small savers alone is not tested
    by informed money, and its failure hurts the most people.
    When either number was not filed, or there are no lenders, it is undetermined and gives no points.
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
  SELECT
    institution,
    day,
    100.00 * large_lenders / NULLIF(lenders, 0) AS value,
    large_lenders,
    lenders
  FROM business_daily
  WHERE line = 'p2p'
)
SELECT
  institution,
  day,
  value,
  CASE WHEN value <= 5 THEN 3 WHEN value <= 10 THEN 2 WHEN value <= 15 THEN 1 WHEN value > 15 THEN 0 END AS points,
  large_lenders,
  lenders
FROM filed
