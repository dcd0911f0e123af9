/*
id: lenders-per-borrower
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
  zh: 户均出借人数（出借人/借款人）
  en: Lenders per borrower
text:
  zh: |
    出借人数除以借款人数（借款人不足 1 人按 1 人计）。10 及以上计 1 分，20 及以上计 2 分，40 及以上计 3 分。
    真正的小额分散借贷，一名借款人对应的出借人有限；大量出借人供养少数借款人，是自融和虚假标的最明显的痕迹。
    任一人数未报或没有出借人时无法判定，计 0 分。
  en: |
    Lenders over borrowers (fewer than one borrower count as one). 10 or more give 1 point, 20 or more 2, 40 or
    more 3. In truly small and spread lending one borrower has few lenders; many lenders feeding a few borrowers
    are the plainest trace of a platform that finances itself or invents projects.
    When either number was not filed, or there are no lenders, it is undetermined and gives no points.
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
    CASE WHEN lenders > 0 AND borrowers IS NOT NULL
      THEN 1.00 * lenders / NULLIF(GREATEST(borrowers, 1), 0)
    END AS value,
    lenders,
    borrowers
  FROM business_daily
  WHERE line = 'p2p'
)
SELECT
  institution,
  day,
  value,
  CASE WHEN value >= 40 THEN 3 WHEN value >= 20 THEN 2 WHEN value >= 10 THEN 1 WHEN value >= 0 THEN 0 END AS points,
  lenders,
  borrowers
FROM filed
