/*
id: complaint-resolution
version: 2
tier: indicator
requirement: ["2.5", "6"]
clause:
  zh: 工作方案第二部分“微观层面”：操作风险（投诉解决率）
  en: "Work plan, part 2, micro level: operation (share of complaints resolved)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 投诉按期解决率
  en: Complaints resolved in time
text:
  zh: |
    近 30 天到期的投诉中按期解决的占比；没有到期投诉的按 100% 计。
    《银行业保险业消费投诉处理管理办法》（2020 年）规定处理时限（15 日，复杂的 30 日，特别复杂的再延长 30 日），未规定比例；低于 95% 为黄色，低于 80% 为橙色。
    投诉积压常先于兑付困难暴露，但单独不足以引发区域性事件，故不设红色。
    处置：抽查未按期件；集中于提现、兑付的，转流动性核查。
  en: |
    The share resolved in time of the complaints whose time limit ended within the last 30 days; 100 % when there
    was none.
    The measures on consumer complaints in banking and insurance (2020) set time limits (15 days, 30 where it is
    complicated, 30 more where very) and no share; below 95 % is
    yellow, below 80 % orange. Complaints pile up before payments fail, but alone cause no regional event, so
    there is no red.
    What to do: sample the late ones; where they are about withdrawals and repayment, look into liquidity.
level: micro
scope: institution
unit: percent
streams: [operations_daily]
lookback_days: 29
bands:
  yellow: "value < 95"
  orange: "value < 80"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    sum(complaints_due) AS due,
    sum(complaints_resolved_in_time) AS resolved
  FROM operations_daily
  GROUP BY institution, day
),
monthly AS (
  SELECT
    institution,
    day,
    sum(due) OVER last_30_days AS due,
    sum(resolved) OVER last_30_days AS resolved
  FROM daily
  WINDOW last_30_days AS (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW
  )
)
SELECT
  institution,
  day,
  CASE WHEN due = 0 THEN 100 ELSE 100.00 * resolved / NULLIF(due, 0) END AS value,
  due,
  resolved
FROM monthly
