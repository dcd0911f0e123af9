/*
id: false-overdue
version: 1
tier: special
serves: true-disclosure
demands: [true-disclosure-overdue]
requirement: ["1.6"]
clause:
  zh: 工作方案第一部分“信息披露”：披露逾期率
  en: "Work plan, part 1, disclosure: the overdue rate is disclosed"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 披露的逾期率与业务日报不符
  en: The overdue rate disclosed is not that of the figures filed
text:
  zh: |
    把月度披露的逾期率，与报告期末当日业务日报的逾期余额除以贷款余额比较；相差超过 0.05 个百分点的，为发现。
    数值为两者之差的绝对值，旁列披露值与重算值。
    对公众说一个数、对监管报一个数，必有一假；出借人看逾期率决定是否撤出，这一项最常被粉饰。0.05 个百分点只为四舍五入而设。
    没有可比的，无法判定：披露没有写逾期率或报告期；报告期末没有业务日报，或余额未报、为零。
    橙色：虚假披露，读数日期为披露日。同日披露几个月的，取偏差最大的一个。
    处置：要求说明差额；与存管流水核对逾期真实情况；更正并公告，故意作假的依双罚制追究机构与责任人。
  en: |
    The overdue rate in the monthly disclosure against overdue balance over loan balance in the business figures of the
    last day of the period; a difference above 0.05 percentage points is a finding. The value is the difference without
    its sign, beside it the rate disclosed and the rate recomputed.
    Where the public is told one figure and the supervisor another, one is false; lenders decide by the overdue rate
    whether to leave, and no figure is embellished more often. 0.05 points leave room for rounding and nothing else.
    With nothing to compare the verdict is undetermined: no overdue rate or period in the disclosure; no business
    figures for the last day of the period, or a balance missing or zero.
    Orange: a false disclosure; the day is that of publication. Of several months disclosed on one day the worst counts.
    What to do: have the difference explained; find the true arrears from the custody bank's statement; have it
    corrected in public, and where it was on purpose the institution and the person answer (double penalty).
level: micro
scope: institution
unit: percent
streams: [disclosure, business_daily]
lookback_days: 93
days: closed
bands:
  orange: "value > 0.05"
*/
WITH filed AS (
  SELECT
    institution,
    day,
    overdue_balance,
    loan_balance,
    100 * overdue_balance / NULLIF(loan_balance, 0) AS rate,
    row_number() OVER (PARTITION BY institution, day ORDER BY position DESC) AS place
  FROM business_daily
),
compared AS (
  SELECT
    d.institution,
    d.day,
    d.position,
    d.period_end,
    d.overdue_rate_percent,
    CAST(f.rate AS DECIMAL(20, 6)) AS recomputed_rate_percent,
    f.overdue_balance,
    f.loan_balance,
    CAST(abs(d.overdue_rate_percent - f.rate) AS DECIMAL(20, 6)) AS deviation
  FROM disclosure d
  LEFT JOIN filed f
    ON f.institution = d.institution
    AND f.day = d.period_end
    AND f.day BETWEEN d.day - INTERVAL '93' DAY AND d.day
    AND f.place = 1
  WHERE d.kind = 'monthly'
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
  overdue_rate_percent AS disclosed_rate_percent,
  recomputed_rate_percent,
  overdue_balance,
  loan_balance
FROM worst
WHERE place = 1
