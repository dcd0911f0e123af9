/*
id: custody-missing-at-bank
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
  zh: 存管银行没有此笔
  en: Unknown to the custody bank
text:
  zh: |
    平台报送的、付款或收款一方是存管账户的交易，到次日仍不在存管银行流水中的，按账户逐笔计入；数值为金额合计。
    两方都在存管的（如出借），两个账户各计一笔。按同一账户、同一交易编号核对。
    平台说钱动了，银行说没有：或是平台虚记交易、编造成交，或是钱其实走了别的账户。
    有一笔即为黄色，合计 10 万元及以上为橙色（本规则库的取值）。跨过午夜、次日入账的不算，见“跨日入账”。
    银行当日没有报送，或没有发现而有账户、金额未报的，无法判定。次日报送截止后才判定。
    处置：次日内要求双方逐笔说明；平台不能举证的，按虚构交易核查其成交数据。
  en: |
    Transactions that the platform filed, with an account in custody on one side, and that are not in the bank's flows
    by the next day either, counted account by account; the value is the sum of their amounts. Where both sides are in
    custody, as with a lending, each account has an entry. Entries are compared by account and the transaction's id.
    The platform says that money moved and the bank says that it did not: the platform books what did not happen, or the
    money went through another account.
    A single one is yellow, 100,000 yuan in all or more orange (the rulebook's value). What the bank booked across
    midnight is not meant; see the guidance on it.
    When the bank filed nothing for the day, or nothing was found but an account or amount was not filed, it is
    undetermined. A day is judged when the filings of the next have come due.
    What to do: have both explain entry by entry within a day; where the platform can prove nothing, examine its
    business for invented transactions.
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
    sum(missing_at_bank) AS entries,
    sum(missing_at_bank_amount) AS amount,
    sum(undetermined) AS undetermined_entries,
    bool_and(stated) AS is_stated
  FROM reconciliation
  GROUP BY institution, day
),
listed AS (
  SELECT institution, day, array_agg(platform_position) AS rows
  FROM reconciliation_breaks
  WHERE kind = 'missing_at_bank'
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
