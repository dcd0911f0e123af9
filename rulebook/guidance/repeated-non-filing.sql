/*
id: repeated-non-filing
version: 1
tier: guidance
details: late-filing
demands: [complete-filing]
requirement: ["2.1"]
clause:
  zh: 工作方案第二部分“数据采集端”：各机构按统一接口标准、T+1 频率报送
  en: "Work plan, part 2, collection of data: institutions file T+1 by one interface standard"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund, custody]
answerable: officer
title:
  zh: 连续漏报
  en: Filings that stay out
text:
  zh: |
    机构近 30 天（含当日）漏报的项数，各业态、各数据流合计。五项及以上为橙色（本规则库的取值）；已经补报的不再算漏报。
    个别漏报是疏忽，由专项规则列为黄色；漏报成串时，监管已失去对该机构的连续观察，而出事前停报是常见的先兆。
    处置：约谈负责人，当日现场核查，视同可能停止兑付准备；未恢复报送前，不受理其新业务。
  en: |
    What the institution failed to file within the last 30 days, the day included, all lines and streams together. Five
    or more are orange (the rulebook's value); what was filed afterwards is no longer missing.
    One that is missing is an oversight, yellow by the special rule. When they come in strings the supervisor no longer
    sees the institution continuously, and silence often comes before failure.
    What to do: call in the person in charge, inspect on site the same day, prepare as if payments might stop; no new
    business is admitted until filing resumes.
level: micro
scope: institution
unit: count
streams: [obligations]
lookback_days: 29
bands:
  orange: "value >= 5"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    count(*) AS owed,
    count(*) FILTER (WHERE status = 'missing') AS missing
  FROM obligations
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  sum(missing) OVER (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW
  ) AS value,
  missing,
  owed
FROM daily
