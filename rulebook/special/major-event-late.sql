/*
id: major-event-late
version: 1
tier: special
serves: true-disclosure
demands: [major-event-at-once]
requirement: ["1.6"]
clause:
  zh: 工作方案第一部分“信息披露”：重大事项即时披露
  en: "Work plan, part 1, disclosure: major events are disclosed at once"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 重大事项未即时披露
  en: A major event that was not disclosed at once
text:
  zh: |
    重大事项从发生到向公众披露超过时限，或时限已过仍未披露的，为发现；数值为当日发生的事项中有此情形的件数。
    “即时”的小时数在参考表 disclosure_terms，按事项类型各占一行，现均为 24 小时；恰好满时限的不算超过。
    股权变更、高管失联、重大违约晚一天公布，知情人先走，公众接盘。
    超时披露为黄色，未披露为橙色。登记表没有该类型时限的，无法判定。时限未满前不判定，故在次日报送截止后才看。
    事后补报披露时间的，按补报的时间重新判定。
    处置：未披露的当日责令公告；超时的说明原因；核查披露前客户资金与关联方交易有无异常流出。
  en: |
    A finding is a major event that the public was told of later than the term after it happened, or not at all although
    the term is over; the value is how many events of the day were so.
    What "at once" means in hours stands in the reference table disclosure_terms, a row for each kind, now 24 hours for
    all; exactly the term is not more.
    Where a change of control, an executive who cannot be reached, or a default is told a day late, those who know
    leave first and the public is left with the loss.
    Told too late is yellow, not told is orange. Without a term for the kind the verdict is undetermined. A day is
    judged when the filings of the day after have come due, since the term is over then; where the time of disclosure
    is filed later it is judged again.
    What to do: order publication the same day where there was none; have delays explained; see whether clients' money
    or deals with related parties flowed out before the public knew.
level: micro
scope: institution
unit: count
streams: [major_event]
lookback_days: 0
lookahead_days: 1
days: closed
bands:
  yellow: "value >= 1"
  orange: "undisclosed >= 1"
*/
WITH event AS (
  SELECT
    e.institution,
    e.day,
    e.position,
    e.disclosed_at,
    t.hours,
    CAST(e.disclosed_at AS BIGINT) - CAST(e.occurred_at AS BIGINT) AS delay_microseconds
  FROM major_event e
  LEFT JOIN reference_disclosure_terms t
    ON t.kind = e.kind AND t.valid_from <= e.day AND (t.valid_to IS NULL OR e.day <= t.valid_to)
),
counted AS (
  SELECT
    institution,
    day,
    count(*) AS events,
    count(*) FILTER (WHERE disclosed_at IS NULL AND hours IS NOT NULL) AS undisclosed,
    count(*) FILTER (WHERE delay_microseconds > hours * 3600000000) AS late,
    count(*) FILTER (WHERE hours IS NULL) AS without_term,
    max(delay_microseconds) / 60000000 AS longest_delay_minutes,
    array_agg(position) AS rows
  FROM event
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  CASE WHEN late + undisclosed > 0 OR without_term = 0 THEN late + undisclosed END AS value,
  events,
  late,
  undisclosed,
  longest_delay_minutes,
  rows
FROM counted
