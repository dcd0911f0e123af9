/*
id: custody-timing
version: 1
tier: guidance
details: custody-missing-at-bank
demands: [custody-reconciliation]
requirement: ["1.5"]
clause:
  zh: 工作方案第一部分“资金存管”：存管银行需按日对账并向监管部门报送流水
  en: "Work plan, part 1, custody: the custody bank reconciles every day and sends the flows to the supervisor"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
nature: judgement
title:
  zh: 跨日入账
  en: Entries booked across midnight
text:
  zh: |
    平台与存管银行都有、金额一致而日期差一天的，占当日相符各笔的比例；次日的对账单到齐后才判定。
    临近午夜发出的指令次日入账，本属平常。占比达到 5% 且不少于 3 笔为黄色（本规则库的取值）：多为两边日切时间不一，
    也可能是平台有意推迟或提前记账，以美化月末、季末的数字。
    只有黄色：跨日本身不是缺失，钱在次日对上了。银行当日没有报送的无法判定。
    处置：要求平台与银行统一日切时间；集中在月末、季末的，逐笔核对指令发出时间。
  en: |
    Entries that both sides have with the same amount and a day apart, as a share of all that agree on the day; judged
    when the statement of the next day is there.
    An order given just before midnight is booked the day after; that is ordinary. A share of 5 % with three entries at
    least is yellow (the rulebook's values): mostly both sides end their day at different hours, but a platform may also
    book early or late on purpose, to make the end of a month or quarter look better.
    Only yellow: across midnight is not missing, the money agreed the next day. When the bank filed nothing for the day
    it is undetermined.
    What to do: have platform and bank end their day at the same hour; where it gathers at the end of months or
    quarters, compare the times at which orders were given.
level: micro
scope: institution
unit: percent
streams: [reconciliation]
lookback_days: 1
lookahead_days: 1
days: closed
bands:
  yellow: "value >= 5 AND timing >= 3"
*/
WITH daily AS (
  SELECT
    institution,
    day,
    sum(matched) AS matched,
    sum(timing) AS timing,
    bool_and(stated) AS is_stated
  FROM reconciliation
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  CASE WHEN is_stated THEN COALESCE(100.00 * timing / NULLIF(matched + timing, 0), 0) END AS value,
  matched,
  timing
FROM daily
