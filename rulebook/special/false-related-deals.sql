/*
id: false-related-deals
version: 1
tier: special
serves: true-disclosure
demands: [true-disclosure-related-deals]
requirement: ["1.6"]
clause:
  zh: 工作方案第一部分“信息披露”：披露关联交易情况
  en: "Work plan, part 1, disclosure: related-party deals are disclosed"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 披露的关联交易与逐笔报送不符
  en: The related-party deals disclosed are not those filed
text:
  zh: |
    把月度披露的关联交易笔数与金额，与当月逐笔报送的关联交易比较；笔数不等或金额差一分，即为发现，不设容差。
    数值为金额之差的绝对值，旁列披露与报送的笔数和金额。当月是指截至报告期末的那个月；同一机构几个业态各自披露同一月份的，合并后比较，
    因为逐笔数据不分业态。
    自融和利益输送都走关联交易；对公众少报的，正是不愿让人看见的部分。
    逐笔报送不要求零报告，没有报送即为 0 笔；披露为 0 笔而未写金额的，金额按 0 计。
    没有可比的，无法判定：披露没有写笔数、金额或报告期；当月首日、末日没有业务日报（数据不全）；有交易金额缺失。
    橙色：虚假披露，读数日期为披露日。同日披露几个月的，取偏差最大的一个。
    处置：要求逐笔说明；核对交易对手与资金去向，查看 self-financing 等条目；更正并公告，故意作假的依双罚制追究机构与责任人。
  en: |
    The number and amount of related-party deals in the monthly disclosure against the deals filed one by one in the
    month; another number, or a difference of one fen, is a finding, without any tolerance.
    The value is the difference of the amounts without its sign, beside it number and amount as disclosed and as filed.
    The month is the one that ends with the period. Where several lines of an institution disclose the same month they
    are added up, since the deals do not say their line.
    Money of self-financing and of insiders flows through related parties; what the public is not told is what nobody is
    meant to see.
    Deals need no empty filing: none filed is none made. Where none are disclosed, an amount left out is zero.
    With nothing to compare the verdict is undetermined: no number, amount or period in the disclosure; no business
    figures for the first or the last day of the month (the data are not whole); the amount of a deal missing.
    Orange: a false disclosure; the day is that of publication. Of several months disclosed on one day the worst counts.
    What to do: have each deal explained; see who the other parties are and where the money went, with self-financing
    and the like; have it corrected in public, and where it was on purpose the institution and the person answer.
level: micro
scope: institution
unit: yuan
streams: [disclosure, related_party_deal, business_daily]
lookback_days: 93
days: closed
bands:
  orange: "value > 0 OR disclosed_deals <> filed_deals"
*/
WITH by_line AS (
  SELECT
    institution,
    day,
    line,
    period_end,
    related_party_deals,
    CASE WHEN related_party_deals = 0 THEN COALESCE(related_party_amount, 0) ELSE related_party_amount END AS amount,
    row_number() OVER (PARTITION BY institution, day, line, period_end ORDER BY position DESC) AS place
  FROM disclosure
  WHERE kind = 'monthly'
),
told AS (
  SELECT
    institution,
    day,
    period_end,
    CAST(date_trunc('month', period_end) AS DATE) AS period_begin,
    CASE WHEN count(*) = count(related_party_deals) THEN sum(related_party_deals) END AS deals,
    CASE WHEN count(*) = count(amount) THEN sum(amount) END AS amount
  FROM by_line
  WHERE place = 1
  GROUP BY institution, day, period_end
),
covered AS (
  SELECT t.institution, t.day, t.period_end, count(DISTINCT b.day) AS ends_filed
  FROM told t
  JOIN business_daily b
    ON b.institution = t.institution
    AND (b.day = t.period_begin OR b.day = t.period_end)
    AND b.day BETWEEN t.day - INTERVAL '93' DAY AND t.day
  GROUP BY t.institution, t.day, t.period_end
),
filed AS (
  SELECT
    t.institution,
    t.day,
    t.period_end,
    count(*) AS deals,
    CASE WHEN count(*) = count(r.amount) THEN sum(r.amount) END AS amount
  FROM told t
  JOIN related_party_deal r
    ON r.institution = t.institution
    AND r.day BETWEEN t.period_begin AND t.period_end
    AND r.day BETWEEN t.day - INTERVAL '93' DAY AND t.day
  GROUP BY t.institution, t.day, t.period_end
),
compared AS (
  SELECT
    t.institution,
    t.day,
    t.period_end,
    t.deals AS disclosed_deals,
    t.amount AS disclosed_amount,
    COALESCE(f.deals, 0) AS filed_deals,
    CASE WHEN f.deals IS NULL THEN 0 ELSE f.amount END AS filed_amount,
    c.ends_filed
  FROM told t
  LEFT JOIN covered c
    ON c.institution = t.institution AND c.day = t.day AND c.period_end = t.period_end
  LEFT JOIN filed f
    ON f.institution = t.institution AND f.day = t.day AND f.period_end = t.period_end
),
measured AS (
  SELECT
    *,
    CASE WHEN ends_filed = 2 AND disclosed_deals IS NOT NULL THEN abs(disclosed_amount - filed_amount) END AS deviation
  FROM compared
),
worst AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY institution, day
      ORDER BY
        CASE WHEN deviation > 0 OR (deviation IS NOT NULL AND disclosed_deals <> filed_deals) THEN 0
          WHEN deviation IS NULL THEN 1 ELSE 2 END,
        deviation DESC,
        period_end
    ) AS place
  FROM measured
)
SELECT
  institution,
  day,
  deviation AS value,
  period_end,
  disclosed_deals,
  filed_deals,
  disclosed_amount,
  filed_amount
FROM worst
WHERE place = 1
