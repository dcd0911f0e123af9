/*
id: false-rate
version: 1
tier: special
serves: true-disclosure
demands: [true-disclosure-rate]
requirement: ["1.6"]
clause:
  zh: 工作方案第一部分“信息披露”：披露实际年化利率
  en: "Work plan, part 1, disclosure: the actual annualised rate is disclosed"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 披露的年化利率与标的不符
  en: The rate disclosed is not that of the projects
text:
  zh: |
    把月度披露的实际年化利率，与平台当月逐笔报送的标的按借款金额加权平均的年化利率比较；相差超过 0.05 个百分点的，为发现。
    数值为两者之差的绝对值，旁列披露值与重算值。当月是指截至报告期末的那个月；当月发布的标的全部计入，不论后来成交还是流标，
    使重算结果不随标的以后的状态改变。
    压低披露利率是掩盖高息揽资，抬高则是诱人出借；0.05 个百分点只为四舍五入而设。
    没有可比的，无法判定：披露没有写利率或报告期；当月首日、末日没有业务日报（数据不全）；当月没有标的，或有标的金额因个人密钥销毁而缺失。
    橙色：虚假披露，读数日期为披露日。同日披露几个月的，取偏差最大的一个。
    处置：要求提供计算底稿；更正并公告；故意作假的依双罚制追究机构与责任人。
  en: |
    The actual annualised rate in the monthly disclosure against the mean rate of the projects that the platform filed
    one by one for the month, weighted by their amounts; a difference above 0.05 percentage points is a finding.
    The value is the difference without its sign, beside it the rate disclosed and the rate recomputed. The month is
    the one that ends with the period; every project published in it counts, whether it was filled or failed later, so
    that the result does not move with what becomes of projects.
    A rate disclosed too low hides that money is raised at high interest, one too high lures lenders; 0.05 points leave
    room for rounding and nothing else.
    With nothing to compare the verdict is undetermined: no rate or period in the disclosure; no business figures for
    the first or the last day of the month (the data are not whole); no projects in the month, or an amount lost with
    a person's key.
    Orange: a false disclosure; the day is that of publication. Of several months disclosed on one day the worst counts.
    What to do: have the working papers; have it corrected in public; where it was on purpose, the institution and the
    person answer (double penalty).
level: micro
scope: institution
unit: percent
streams: [disclosure, project, business_daily]
lookback_days: 93
days: closed
bands:
  orange: "value > 0.05"
*/
WITH told AS (
  SELECT
    d.institution,
    d.day,
    d.position,
    d.annual_rate_percent,
    d.period_end,
    CAST(date_trunc('month', d.period_end) AS DATE) AS period_begin
  FROM disclosure d
  WHERE d.kind = 'monthly'
),
covered AS (
  SELECT t.position, count(DISTINCT b.day) AS ends_filed
  FROM told t
  JOIN business_daily b
    ON b.institution = t.institution
    AND (b.day = t.period_begin OR b.day = t.period_end)
    AND b.day BETWEEN t.day - INTERVAL '93' DAY AND t.day
  GROUP BY t.position
),
recomputed AS (
  SELECT
    t.position,
    count(*) AS projects,
    count(p.amount) AS amounts,
    sum(p.amount * p.annual_rate_percent) / NULLIF(sum(p.amount), 0) AS rate
  FROM told t
  JOIN project p
    ON p.institution = t.institution
    AND p.day BETWEEN t.period_begin AND t.period_end
    AND p.day BETWEEN t.day - INTERVAL '93' DAY AND t.day
  GROUP BY t.position
),
compared AS (
  SELECT
    t.institution,
    t.day,
    t.position,
    t.period_end,
    t.annual_rate_percent,
    CAST(r.rate AS DECIMAL(20, 6)) AS recomputed_rate_percent,
    r.projects,
    CASE WHEN c.ends_filed = 2 AND r.projects = r.amounts
      THEN CAST(abs(t.annual_rate_percent - r.rate) AS DECIMAL(20, 6))
    END AS deviation
  FROM told t
  LEFT JOIN covered c ON c.position = t.position
  LEFT JOIN recomputed r ON r.position = t.position
),
worst AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY institution, day
      ORDER BY CASE WHEN deviation > 0.05 THEN 0 WHEN deviation IS NULL THEN 1 ELSE 2 END, deviation DESC, position
    ) AS place
  FROM compared
)
SELECT
  institution,
  day,
  deviation AS value,
  period_end,
  annual_rate_percent AS disclosed_rate_percent,
  recomputed_rate_percent,
  projects
FROM worst
WHERE place = 1
