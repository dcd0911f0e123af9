/*
id: system-failures
version: 1
tier: indicator
requirement: ["2.5"]
clause:
  zh: 工作方案第二部分“微观层面”：操作风险（系统故障频率）
  en: "Work plan, part 2, micro level: operation (frequency of system failures)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 系统故障频率
  en: Frequency of system failures
text:
  zh: |
    近 30 天系统故障次数；同时给出累计中断分钟与重大事件数。
    3 次或 120 分钟为黄色；6 次、360 分钟或发生重大事件（客户资金、数据危险或全部中断）为橙色；
    累计中断 1440 分钟（一整天）为红色，客户已无法存取，足以引发恐慌。法律没有规定次数，取整数便于执行。
    没有故障须报空列表，因此每个报送日均可判定。
    处置：要求报送根因与整改；频发的核查灾备与变更管理。
  en: |
    System failures within the last 30 days; the minutes out and the critical incidents stand beside the number.
    3 failures or 120 minutes are yellow; 6, or 360 minutes, or one critical incident (clients' money or data in
    danger, or everything out) are orange; 1,440 minutes, a whole day, are red: clients cannot reach their
    money, which is enough for a panic. No law sets numbers; round ones are easy to apply.
    Without failures an empty list is filed, so every day filed can be judged.
    What to do: have causes and remedies filed; where failures are many, examine recovery sites and how changes
    are made.
level: micro
scope: institution
unit: count
streams: [operations_daily]
lookback_days: 29
bands:
  yellow: "value >= 3 OR minutes_out >= 120"
  orange: "value >= 6 OR minutes_out >= 360 OR critical_incidents >= 1"
  red: "minutes_out >= 1440"
*/
WITH days AS (
  SELECT DISTINCT institution, day FROM operations_daily
),
incidents AS (
  SELECT institution, day, unnest(incidents) AS incident FROM operations_daily
),
daily AS (
  SELECT
    d.institution,
    d.day,
    count(i.day) AS incidents,
    COALESCE(sum(i.incident['minutes']), 0) AS minutes_out,
    count(*) FILTER (WHERE i.incident['severity'] = 'critical') AS critical_incidents
  FROM days d
  LEFT JOIN incidents i ON i.institution = d.institution AND i.day = d.day
  GROUP BY d.institution, d.day
)
SELECT
  institution,
  day,
  sum(incidents) OVER last_30_days AS value,
  sum(minutes_out) OVER last_30_days AS minutes_out,
  sum(critical_incidents) OVER last_30_days AS critical_incidents
FROM daily
WINDOW last_30_days AS (
  PARTITION BY institution ORDER BY day
  RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW
)
