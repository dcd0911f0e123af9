/*
id: custody-amount-differs
version: 1
tier: special
serves: qualified-custody
demands: [custody-reconciliation]
requirement: ["1.5"]
clause:
  zh: 工作方案第一部分“资金存管”：存管银行需按日对账并向监管部门报送流水
  en: "Work plan, part 1, custody: the custody bank reconciles every day and sends the flows to the supervisor"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 平台与银行金额不符
  en: Amounts that differ
text:
  zh: |
    同一账户、同一交易编号，平台与存管银行都有而金额不同的；数值为差额绝对值的合计。
    金额不同不会是时间差：或是一方记错，或是平台把真实金额改小、改大后报给监管。
    有一笔即为黄色，差额合计 10 万元及以上为橙色（本规则库的取值）。
    银行当日没有报送，或没有发现而有账户、金额未报的，无法判定。次日报送截止后才判定。
    处置：以银行记账凭证为准更正；平台多次单向偏差的，抽查其成交与收益数据。
  en: |
    Entries of the same account and the same transaction id that both sides have, with different amounts; the value is
    the sum of the absolute differences.
    A difference in amount is no matter of time: one side made a mistake, or the platform tells the supervisor a smaller
    or larger amount than was moved.
    A single one is yellow, differences of 100,000 yuan in all or more are orange (the rulebook's value).
    When the bank filed nothing for the day, or nothing was found but an account or amount was not filed, it is
    undetermined. A day is judged when the filings of the next have come due.
    What to do: correct by the bank's vouchers; where the platform errs often and always in one direction, draw a sample
    of its business and of what it says lenders earned.
level: micro
scope: institution
unit: yuan
streams: [reconciliation, reconciliation_breaks]
lookback_days: 1
lookahead_days: 1
days: closed
bands:
  yellow: "value > 0"
  orange: "value >= 100000"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    sum(amount_differs) AS entries,
    sum(difference_amount) AS amount,
    sum(undetermined) AS undetermined_entries,
    bool_and(stated) AS is_stated
  FROM reconciliation
  GROUP BY institution, day
),
listed AS (
  SELECT institution, day, flatten(array_agg(make_array(platform_position, bank_position))) AS rows
  FROM reconciliation_breaks
  WHERE kind = 'amount_differs'
  GROUP BY institution, day
)
SELECT
  d.institution,
  d.day,
  CASE WHEN d.amount > 0 THEN d.amount WHEN d.is_stated AND d.undetermined_entries = 0 THEN 0 END AS value,
  d.entries,
  d.undetermined_entries,
  l.rows
FROM daily d
LEFT JOIN listed l ON l.institution = d.institution AND l.day = d.day
