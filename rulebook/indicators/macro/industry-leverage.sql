/*
id: industry-leverage
version: 1
tier: indicator
requirement: ["2.3"]
clause:
  zh: 工作方案第二部分“宏观层面”：行业杠杆率（网贷余额/GDP）
  en: "Work plan, part 2, macro level: leverage of the industry (outstanding loans over GDP)"
basis: plan
effective: {from: 2014-01-20}
lines: [p2p]
answerable: head
title:
  zh: 行业杠杆率
  en: Leverage of the industry
text:
  zh: |
    全部网络借贷机构的贷款余额之和，除以当日已公布的最近一年国内生产总值（现价，初步核算数）。
    法律没有规定上限。全行业余额达到 GDP 的 1% 时，其损失已可能超出行业自身的承受力，列为黄色；2% 为橙色，
    高于 2018 年上半年风险集中爆发前约 1.6% 的历史高点；3% 为红色。
    有机构未报余额时，已报部分只是下限：下限已达某档的照常评定，未达的为无法判定。GDP 表有知识期限，过期不算。
    处置：会同宏观审慎部门评估总量控制；查看余额集中在哪些机构。
  en: |
    The loan balances of all P2P institutions together, over the latest annual gross domestic product that was
    published by the day (current prices, as first published).
    No law sets a limit. At 1 % of GDP the losses can exceed what the industry itself can bear: yellow. 2 % is
    orange and lies above the peak of some 1.6 % just before the failures of 2018; 3 % is red.
    Where an institution did not file its balance, the sum of the others is a lower bound: a band that it
    reaches holds, and below the bands the verdict is undetermined. The table of GDP ends with what is known.
    What to do: weigh a cap on the total with the macro-prudential department; see who holds the balance.
level: macro
scope: industry
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  yellow: "value >= 1 OR (institutions_unknown > 0 AND NULL)"
  orange: "value >= 2 OR (institutions_unknown > 0 AND NULL)"
  red: "value >= 3 OR (institutions_unknown > 0 AND NULL)"
*/
WITH daily AS (
  SELECT
    day,
    sum(loan_balance) AS loan_balance,
    count(*) AS institutions,
    count(*) FILTER (WHERE loan_balance IS NULL) AS institutions_unknown
  FROM business_daily
  WHERE line = 'p2p'
  GROUP BY day
)
SELECT
  d.day,
  100 * d.loan_balance / NULLIF(g.gdp, 0) AS value,
  d.loan_balance,
  g.gdp,
  g.year AS gdp_year,
  d.institutions,
  d.institutions_unknown
FROM daily d
LEFT JOIN reference_gdp g ON d.day BETWEEN g.published_on AND g.valid_to
