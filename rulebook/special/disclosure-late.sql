/*
id: disclosure-late
version: 1
tier: special
serves: true-disclosure
demands: [monthly-disclosure]
requirement: ["1.6"]
clause:
  zh: 工作方案第一部分“信息披露”：常规数据月度披露
  en: "Work plan, part 1, disclosure: regular data are disclosed every month"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: analyst
title:
  zh: 月度披露迟报、缺报或不完整
  en: Monthly disclosure late, missing or incomplete
text:
  zh: |
    按报送日历（义务 monthly-disclosure：次月 10 日前），某月的信息披露逾期、缺报或不完整的，为发现；读数日期为该月最后一日。
    公众靠月度披露判断机构，披露停了，谣言和挤兑就来；停止披露也常是经营恶化的先兆。
    迟报与不完整为黄色；到期未报为橙色，补报后改为迟报，降为黄色。同一机构各业态分别判定。
    本条只看是否按时，内容真假由 false-rate、false-overdue、false-related-deals 判断。
    处置：迟报的要求说明；未报的当日催报并在协会网站公示；连续两个月未报的约谈负责人。
  en: |
    A finding is a month's disclosure that is late, missing or incomplete by the calendar of duties (monthly-disclosure:
    by the 10th of the next month); the day of the reading is the last day of that month.
    The public judges institutions by their monthly disclosure; where it stops, rumours and runs begin, and it often
    stops because business turns bad.
    Late and incomplete are yellow. Due and not filed is orange; once it comes it is late and falls back to yellow. Each
    line of an institution is judged by itself.
    Only whether it came is looked at; whether it is true is for false-rate, false-overdue and false-related-deals.
    What to do: have lateness explained; press for a missing one the same day and publish that it is missing; after two
    months without any call in the person in charge.
level: micro
scope: institution
unit: count
streams: [obligations]
lookback_days: 0
bands:
  yellow: "value >= 1"
  orange: "missing >= 1"
*/
SELECT
  institution,
  day,
  line,
  count(*) FILTER (WHERE status <> 'on_time') AS value,
  count(*) FILTER (WHERE status = 'late') AS late,
  count(*) FILTER (WHERE status = 'missing') AS missing,
  count(*) FILTER (WHERE status = 'incomplete') AS incomplete,
  max(due_at) AS due_at,
  max(filed_at) AS filed_at
FROM obligations
WHERE stream = 'disclosure'
GROUP BY institution, day, line
