/*
id: custody-balance
version: 1
tier: special
serves: qualified-custody
demands: [custody-balance]
requirement: ["1.5"]
clause:
  zh: 工作方案第一部分“资金存管”：存管银行需按日对账并向监管部门报送流水
  en: "Work plan, part 1, custody: the custody bank reconciles every day and sends the flows to the supervisor"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 存管余额不平
  en: Balances in custody that do not hold
text:
  zh: |
    存管银行报送的每个账户：日初余额加当日流水应等于日终余额，日初余额应等于前一日日终余额。数值为两种差额绝对值的合计。
    余额不平，说明有不在流水里的收付，或者对账单经过改动。这与平台报了什么无关，是银行自己的账不能自证。
    不为零即为红色：客户的钱可能已经不在账上。首日没有前一日余额，只验当日。
    某个账户没有日初或日终余额、同一余额报了两次，或银行当日没有报送的，没有发现差额时无法判定。
    处置：立即派人核对银行原始账簿与余额；查明之前，暂停该账户付款。
  en: |
    For every account that the custody bank states: the opening balance plus the flows of the day is the closing
    balance, and the opening balance is the closing balance of the day before. The value is the sum of the absolute gaps
    of both kinds. Where a balance does not hold, money moved that is not among the flows, or the statement was changed.
    It has nothing to do with what the platform filed: the bank's own account does not prove itself.
    Anything but zero is red: clients' money may not be there. On its first day an account has no day before, and only
    the day itself is tried.
    When an account lacks its opening or closing balance, a balance stands twice, or the bank filed nothing for the day,
    and no gap was found, it is undetermined.
    What to do: somebody looks at the bank's own books and the balance at once; until it is clear, payments from the
    account are stopped.
level: micro
scope: institution
unit: yuan
streams: [reconciliation]
lookback_days: 1
days: closed
bands:
  red: "value > 0"
*/
WITH accounts AS (
  SELECT
    institution,
    day,
    ABS(balance_gap) AS balance_gap,
    ABS(carry_gap) AS carry_gap,
    stated AND balance_gap IS NOT NULL AND statement_faults = 0 AS is_proved
  FROM reconciliation
  WHERE account IS NOT NULL OR NOT stated
),
daily AS (
  SELECT
    institution,
    day,
    COALESCE(sum(balance_gap), 0) + COALESCE(sum(carry_gap), 0) AS gap,
    sum(balance_gap) AS balance_gap,
    sum(carry_gap) AS carry_gap,
    count(*) AS accounts,
    count(*) FILTER (WHERE NOT is_proved) AS accounts_not_proved
  FROM accounts
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  CASE WHEN gap > 0 OR accounts_not_proved = 0 THEN gap END AS value,
  balance_gap,
  carry_gap,
  accounts,
  accounts_not_proved
FROM daily
