/*
id: maturity-mismatch
version: 1
tier: indicator
requirement: ["2.4", "1.2"]
clause:
  zh: 工作方案第二部分“中观层面”：P2P 期限错配率（3 个月以上标的占比）
  en: "Work plan, part 2, meso level: P2P maturity-mismatch rate (share of projects over three months)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 期限错配率
  en: Maturity-mismatch rate
text:
  zh: |
    近 30 天发布的标的（流标除外）中，期限超过 90 天的占比；同时给出按金额计算的占比。
    出借人多以短期资金出借，长期标的占比高时平台容易以新还旧、拆期限。法律没有规定比例：50% 为黄色，80% 为橙色。
    它只反映结构，单独不足以引发区域性事件，故不设红色；需与流动性指标一并看。
    处置：核对标的期限与出借期限是否逐笔匹配，是否存在活期产品和债权转让拆期。
  en: |
    The share of projects with a term over 90 days in those published within the last 30 days (those that
    failed left out); the share by amount stands beside it.
    Lenders mostly lend for a short time; where long projects prevail, platforms are tempted to pay old lenders
    with new money and to split terms. No law sets a share: 50 % is yellow, 80 % orange.
    It describes a structure and does not cause a regional event by itself, so there is no red; read it with
    liquidity.
    What to do: see whether the term of each project matches that of its lenders, and whether demand products or
    transfers of claims split terms.
level: meso
scope: institution
unit: percent
streams: [project]
lookback_days: 29
bands:
  yellow: "value >= 50 OR by_amount_percent >= 50"
  orange: "value >= 80 OR by_amount_percent >= 80"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    count(*) AS projects,
    count(*) FILTER (WHERE term_days > 90) AS long_projects,
    sum(amount) AS amount,
    COALESCE(sum(amount) FILTER (WHERE term_days > 90), 0) AS long_amount
  FROM project
  WHERE status <> 'failed'
  GROUP BY institution, day
),
monthly AS (
  SELECT
    institution,
    day,
    sum(projects) OVER last_30_days AS projects,
    sum(long_projects) OVER last_30_days AS long_projects,
    sum(amount) OVER last_30_days AS amount,
    sum(long_amount) OVER last_30_days AS long_amount
  FROM daily
  WINDOW last_30_days AS (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW
  )
)
SELECT
  institution,
  day,
  100.00 * long_projects / NULLIF(projects, 0) AS value,
  100 * long_amount / NULLIF(amount, 0) AS by_amount_percent,
  projects,
  long_projects,
  amount,
  long_amount
FROM monthly
