/*
id: incident-report
version: 1
tier: special
serves: secure-systems
demands: [incident-duty]
requirement: ["1.4", "1.6"]
clause:
  zh: 工作方案第一部分“基础制度”（信息安全义务）与“信息披露”（重大事项即时披露）
  en: "Work plan, part 1, basic rules (information security) and disclosure (major events at once)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 重大系统事件未作为重大事项报送
  en: A critical incident that was not filed as a major event
text:
  zh: |
    运营日报中当日有“重大”（critical）级系统事件，而当日和次日都没有报送“安全事件”类重大事项的，为发现；数值为当日的重大级事件数。
    重大级是指客户资金或数据处于危险之中，或全部服务中断。日报由系统生成，重大事项由人报送：两者不一致，说明机构看见了却没有报告。
    一般、较大级事件不要求。当日事件以次日报送的重大事项覆盖也可，故在次日报送截止后才判定。
    橙色：隐瞒使监管失去处置的时间。
    处置：当日要求补报并说明；核实影响的客户与资金；查明由谁决定不报。
  en: |
    A finding is a day whose report of operations holds a system failure of severity "critical" while neither that day
    nor the next has a major event of the kind "security"; the value is the number of critical failures of the day.
    Critical means that clients' money or data were in danger, or everything was out. The report of operations is made
    by machines, a major event is filed by people: where the two differ, the institution saw it and did not tell.
    Minor and major failures need no such report. An event filed for the next day will do, so a day is judged when the
    filings of the day after have come due.
    Orange: what is hidden costs the supervisor the time to act.
    What to do: have it filed and explained the same day; find out which clients and what money are concerned, and who
    decided not to report.
level: micro
scope: institution
unit: count
streams: [operations_daily, major_event]
lookback_days: 0
lookahead_days: 1
days: closed
bands:
  orange: "value >= 1"
*/
WITH incident AS (
  SELECT institution, day, position, unnest(incidents) AS failure
  FROM operations_daily
),
critical AS (
  SELECT institution, day, count(*) AS failures, array_agg(DISTINCT position) AS rows
  FROM incident
  WHERE failure['severity'] = 'critical'
  GROUP BY institution, day
),
told AS (
  SELECT c.institution, c.day, count(e.position) AS events
  FROM critical c
  LEFT JOIN major_event e
    ON e.institution = c.institution
    AND e.kind = 'security'
    AND e.day BETWEEN c.day AND c.day + INTERVAL '1' DAY
  GROUP BY c.institution, c.day
)
SELECT
  c.institution,
  c.day,
  CASE WHEN t.events = 0 THEN c.failures ELSE 0 END AS value,
  c.failures,
  t.events,
  c.rows
FROM critical c
JOIN told t ON t.institution = c.institution AND t.day = c.day
