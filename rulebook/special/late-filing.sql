/*
id: late-filing
version: 3
tier: special
serves: complete-filing
demands: [complete-filing]
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
    报送日历（规则库 duties 文件夹）规定应报的，逾期、未报或不完整的，即为发现，逐业态、逐数据流列出；有被拒收的行尚未补正的，
    为不完整。所在日期是数据所属的日期，旁边写明截止与报齐的时间。
    任何一项为黄色：要求补报并说明原因。补报之后，漏报变为迟报，仍是黄色：数据回来了，那一日的监管没有回来。
    连续漏报另见操作指引“连续漏报”。
    处置：先补报，后说明；属系统原因的，要求机构说明何时恢复。
  en: |
    Filings that the calendar of duties wants (the rulebook's folder "duties") and that are late, missing or incomplete
    are findings, line by line and stream by stream; with refused lines that were not put right a filing is incomplete.
    The day is that which the data are about; beside it stands by when it was due and when it was complete.
    Any one is yellow: have it filed and explained. What was missing and is filed later becomes late and stays yellow:
    the data came back, the supervision of that day did not.
    Filings that stay out are told by the guidance on them.
    What to do: filing first, explanation second; where a system failed, have the institution say when it works again.
level: micro
scope: institution
unit: count
streams: [obligations]
lookback_days: 0
per: [stream]
bands:
  yellow: "value >= 1"
*/
SELECT
  institution,
  day,
  line,
  stream,
  CASE WHEN status = 'on_time' THEN 0 ELSE 1 END AS value,
  status,
  due_at,
  filed_at
FROM obligations
