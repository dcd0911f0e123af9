/*
id: custody-missing-at-platform
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
  zh: 平台没有此笔
  en: Unknown to the platform
text:
  zh: |
    存管银行流水中有、平台前后一日都没有报送的，按账户逐笔计入，银行没有写平台交易编号的也在内；数值为金额合计。
    银行看见钱动了，平台却没有告诉监管：未报的流出是挪用最直接的痕迹，未报的流入可能是过桥补账。
    有一笔即为黄色，合计 10 万元及以上为橙色（本规则库的取值）。跨过午夜的不算，见“跨日入账”。
    银行当日没有报送，或没有发现而有账户、金额未报的，无法判定。次日报送截止后才判定。
    处置：要求平台补报并说明用途与对手方；流出说不清的，请存管银行暂停该账户付款。
  en: |
    Flows in the custody bank's statement that the platform filed neither on the day nor on the day before or after,
    account by account, also those on which the bank has no id of the platform's; the value is the sum of their amounts.
    The bank saw money move and the platform did not tell: an outflow that is not filed is the plainest trace of
    diverted money, an inflow may be borrowed to make the books look right.
    A single one is yellow, 100,000 yuan in all or more orange (the rulebook's value). What was booked across midnight
    is not meant; see the guidance on it.
    When the bank filed nothing for the day, or nothing was found but an account or amount was not filed, it is
    undetermined. A day is judged when the filings of the next have come due.
    What to do: have the platform file them with purpose and counterparty; where it cannot explain an outflow, ask the
    bank to stop payments from the account.
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
    sum(missing_at_platform) AS entries,
    sum(missing_at_platform_amount) AS amount,
    sum(undetermined) AS undetermined_entries,
    bool_and(stated) AS is_stated
  FROM reconciliation
  GROUP BY institution, day
),
listed AS (
  SELECT institution, day, array_agg(bank_position) AS rows
  FROM reconciliation_breaks
  WHERE kind = 'missing_at_platform'
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
