/*
id: collateral-discount
version: 1
tier: indicator
requirement: ["2.5"]
clause:
  zh: 工作方案第二部分“微观层面”：信用风险（抵质押物折扣率）
  en: "Work plan, part 2, micro level: credit (discount of collateral)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 抵质押物折扣率
  en: Discount of collateral
text:
  zh: |
    近 365 天发布、尚未结清的抵押或质押标的，其抵质押物可变现值合计除以评估值合计。
    折扣率越低，评估越虚高，违约后回收越少。法律没有规定下限；低于 80% 为黄色，低于 60% 为橙色。
    其中任一标的缺评估值或可变现值，则无法判定；没有抵质押标的的不评。
    处置：抽查评估报告，委托独立机构复评。
  en: |
    For projects with mortgaged or pledged collateral, published within the last 365 days and not settled: what the
    collateral would bring if sold, over its appraised value.
    The lower it is, the more the appraisal is inflated and the less comes back after a default. No law sets a
    minimum; below 80 % is yellow, below 60 % orange. When one such project lacks either value the verdict is
    undetermined; without such projects there is nothing to judge.
    What to do: sample the appraisals and have independent ones made.
level: micro
scope: institution
unit: percent
streams: [project]
lookback_days: 364
bands:
  yellow: "value < 80"
  orange: "value < 60"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    count(*) AS projects,
    count(*) FILTER (WHERE collateral_appraised IS NULL OR collateral_realisable IS NULL) AS projects_unknown,
    sum(collateral_appraised) AS appraised,
    sum(collateral_realisable) AS realisable
  FROM project
  WHERE guarantee IN ('collateral', 'pledge') AND status IN ('raising', 'repaying', 'overdue')
  GROUP BY institution, day
),
yearly AS (
  SELECT
    institution,
    day,
    sum(projects) OVER last_year AS projects,
    sum(projects_unknown) OVER last_year AS projects_unknown,
    sum(appraised) OVER last_year AS appraised,
    sum(realisable) OVER last_year AS realisable
  FROM daily
  WINDOW last_year AS (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND CURRENT ROW
  )
)
SELECT
  institution,
  day,
  CASE WHEN projects_unknown = 0 THEN 100 * realisable / NULLIF(appraised, 0) END AS value,
  projects,
  projects_unknown,
  appraised,
  realisable
FROM yearly
