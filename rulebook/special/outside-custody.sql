/*
id: outside-custody
version: 1
tier: special
serves: client-money-apart
demands: [fund-pooling]
requirement: ["1.2", "1.5"]
clause:
  zh: 工作方案第一部分“负面清单”（禁止资金池模式）与“资金存管”（资金必须通过符合条件的商业银行存管）
  en: "Work plan, part 1, negative list (fund pooling is forbidden) and custody (funds must go through a qualified commercial bank)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 资金绕开存管
  en: Money outside custody
text:
  zh: |
    网络借贷平台的充值、提现、出借、放款、还款，付款与收款两方至少有一方是本平台登记的存管账户或标的募集账户。
    两方都不是的，钱没有经过存管银行：数值为当日这类交易的金额合计。
    存管只能管住经过它的钱；绕开存管的资金，银行对账看不见，只有以平台自报的账户比对才能发现。
    只要有一笔即为橙色；合计达到 100 万元为红色（工作方案没有规定金额，为本规则库的取值）。
    当日账户登记与交易都报送截止后才判定。从未登记存管账户的平台，以及没有发现但有交易未报账户的日子，无法判定。
    处置：查明收款账户户主，冻结并追回；平台存管形同虚设的，按资金池隔离。
  en: |
    In every deposit, withdrawal, lending, disbursement and repayment of a lending platform one side at least is an
    account that the platform has registered as in custody or as raising money for a project. Where neither is, the
    money did not go through the custody bank; the value is the sum of such transactions on the day.
    Custody protects only what passes through it. What goes around it no reconciliation sees; only the platform's own
    accounts tell.
    A single one is orange; 1,000,000 yuan in all are red (the plan names no amount; this one is the rulebook's).
    A day is judged when the filings of both accounts and transactions have come due. A platform that never registered
    an account in custody, and a day on which nothing was found but transactions lack an account, are undetermined.
    What to do: find out whose account it is, freeze it and recover the money; where custody is a façade, isolate the
    platform as for a fund pool.
level: micro
scope: institution
unit: yuan
streams: [transaction, account, registered]
lines_by: registered
lookback_days: 0
days: closed
bands:
  orange: "value > 0"
  red: "value >= 1000000"
*/
WITH custody AS (
  SELECT institution, account, effective_from, effective_to
  FROM account
  WHERE purpose IN ('custody', 'project')
),
registration AS (
  SELECT institution, min(effective_from) AS since FROM account WHERE purpose = 'custody' GROUP BY institution
),
moved AS (
  SELECT t.institution, t.day, t.position, t.amount, t.payer_account, t.payee_account
  FROM transaction t
  JOIN registered platform ON platform.institution = t.institution AND platform.day = t.day
  WHERE t.kind IN ('deposit', 'withdrawal', 'lending', 'disbursement', 'repayment')
),
around AS (
  SELECT m.*, m.payer_account IS NULL OR m.payee_account IS NULL AS lacks_account
  FROM moved m
  WHERE NOT EXISTS (
      SELECT 1
      FROM custody c
      WHERE c.institution = m.institution
        AND c.account = m.payer_account
        AND c.effective_from <= m.day
        AND (c.effective_to IS NULL OR c.effective_to >= m.day)
    )
    AND NOT EXISTS (
      SELECT 1
      FROM custody c
      WHERE c.institution = m.institution
        AND c.account = m.payee_account
        AND c.effective_from <= m.day
        AND (c.effective_to IS NULL OR c.effective_to >= m.day)
    )
),
outside AS (
  SELECT
    institution,
    day,
    count(*) FILTER (WHERE NOT lacks_account) AS transactions,
    sum(amount) FILTER (WHERE NOT lacks_account) AS amount,
    count(*) FILTER (WHERE lacks_account) AS without_account,
    array_agg(position) AS rows
  FROM around
  GROUP BY institution, day
),
daily AS (
  SELECT DISTINCT institution, day FROM moved
)
SELECT
  d.institution,
  d.day,
  CASE
    WHEN r.since IS NULL OR r.since > d.day THEN NULL
    WHEN o.amount IS NOT NULL THEN o.amount
    WHEN o.institution IS NULL THEN 0
  END AS value,
  o.transactions,
  o.without_account,
  o.rows
FROM daily d
LEFT JOIN registration r ON r.institution = d.institution
LEFT JOIN outside o ON o.institution = d.institution AND o.day = d.day
