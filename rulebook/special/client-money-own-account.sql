/*
id: client-money-own-account
version: 1
tier: special
serves: client-money-apart
demands: [fund-pooling]
requirement: ["1.2"]
clause:
  zh: 工作方案第一部分“负面清单”：禁止资金池模式
  en: "Work plan, part 1, negative list: fund pooling is forbidden"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 客户资金进出自有账户
  en: Client money through an account of the institution's own
text:
  zh: |
    除收取费用外，客户的每笔资金都不得由本机构登记为“自有资金账户”的账户付出或收入。数值为当日这类交易的金额合计。
    客户资金一进自有账户就与机构的钱混同，这是资金池最直接的证据，也是挪用的第一步。
    只要有一笔即为橙色；合计达到 100 万元为红色（工作方案没有规定金额，为本规则库的取值）：应按“隔离”处置。
    没有登记自有账户的机构，以及没有发现但有交易未报账户的日子，无法判定：不登记、不报账户不能使人免于检查。
    处置：暂停新发业务，冻结该账户，由存管银行锁定客户资金，逐笔追查去向。
  en: |
    Except for fees, no money of a client is paid from or to an account that the institution has registered as its own.
    The value is the sum of such transactions on the day.
    In an account of its own client money is mixed with the institution's: the plainest proof of a fund pool and the
    first step towards its misuse.
    A single one is orange; 1,000,000 yuan in all are red (the plan names no amount; this one is the rulebook's), and
    isolation follows.
    An institution without a registered account of its own, and a day on which nothing was found but transactions lack
    an account, are undetermined: nobody escapes by not registering or not filing.
    What to do: suspend new business, freeze the account, have the custody bank lock client money, and follow every
    entry to where it went.
level: micro
scope: institution
unit: yuan
streams: [transaction, account]
lookback_days: 0
days: closed
bands:
  orange: "value > 0"
  red: "value >= 1000000"
*/
WITH own AS (
  SELECT institution, account, effective_from, effective_to FROM account WHERE purpose = 'own'
),
registration AS (
  SELECT institution, min(effective_from) AS since FROM own GROUP BY institution
),
moved AS (
  SELECT institution, day, position, amount, payer_account, payee_account FROM transaction WHERE kind <> 'fee'
),
daily AS (
  SELECT
    institution,
    day,
    count(*) FILTER (WHERE payer_account IS NULL OR payee_account IS NULL) AS without_account
  FROM moved
  GROUP BY institution, day
),
mixed AS (
  SELECT m.institution, m.day, count(*) AS transactions, sum(m.amount) AS amount, array_agg(m.position) AS rows
  FROM moved m
  WHERE EXISTS (
    SELECT 1
    FROM own o
    WHERE o.institution = m.institution
      AND (o.account = m.payer_account OR o.account = m.payee_account)
      AND o.effective_from <= m.day
      AND (o.effective_to IS NULL OR o.effective_to >= m.day)
  )
  GROUP BY m.institution, m.day
)
SELECT
  d.institution,
  d.day,
  CASE
    WHEN m.amount IS NOT NULL THEN m.amount
    WHEN d.without_account = 0 AND r.since <= d.day THEN 0
  END AS value,
  m.transactions,
  d.without_account,
  m.rows
FROM daily d
LEFT JOIN registration r ON r.institution = d.institution
LEFT JOIN mixed m ON m.institution = d.institution AND m.day = d.day
