/*
id: late-filing
version: 2
tier: guidance
requirement: ["2.1"]
clause:
  zh: 工作方案第二部分“数据采集端”：各机构按统一接口标准、T+1 频率报送
  en: "Work plan, part 2, collection of data: institutions file T+1 by one interface standard"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund, custody]
answerable: analyst
title:
  zh: 迟报、漏报与不完整报送
  en: Filings late, missing or incomplete
text:
  zh: |
    报送日历（规则库 duties 文件夹）规定应报的，逾期、未报或不完整的，即为发现；有被拒收的行尚未补正的，为不完整。
    任何一项为黄色：要求补报并说明原因。近 30 天漏报累计 5 项及以上为橙色：监管已失去对该机构的连续观察，
    而出事前停报是常见的先兆。
    处置：先补报，后说明；连续漏报的约谈负责人并现场核查。
  en: |
    Filings that the calendar of duties wants (the rulebook's folder "duties") and that are late, missing or incomplete
    are findings; with refused lines that were not put right a filing is incomplete.
    Any one is yellow: have it filed and explained. Five or more missing within 30 days are orange: the
    supervisor no longer sees the institution continuously, and silence often comes before failure.
    What to do: filing first, explanation second; where filings stay out, call in the person in charge and
    inspect on site.
level: micro
scope: institution
unit: count
streams: [obligations]
lookback_days: 29
bands:
  yellow: "value >= 1"
  orange: "missing_30_days >= 5"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    count(*) AS owed,
    count(*) FILTER (WHERE status = 'late') AS late,
    count(*) FILTER (WHERE status = 'missing') AS missing,
    count(*) FILTER (WHERE status = 'incomplete') AS incomplete
  FROM obligations
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  late + missing + incomplete AS value,
  owed,
  late,
  missing,
  incomplete,
  sum(missing) OVER (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '29' DAY PRECEDING AND CURRENT ROW
  ) AS missing_30_days
FROM daily
