/*
id: custodian-qualification
version: 1
tier: special
serves: qualified-custody
demands: [qualified-custodian]
requirement: ["1.5"]
clause:
  zh: 工作方案第一部分“资金存管”：资金必须通过符合条件的商业银行存管
  en: "Work plan, part 1, custody: funds must be held by a qualified commercial bank"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 存管银行资格
  en: Qualification of the custodian
text:
  zh: |
    平台登记的存管银行，以及其存管账户、募集账户的开户银行，当日须在登记中，业态为“资金存管”，有许可证且未过有效期。
    数值为不符合的银行家数；有一家即为橙色，直至更换或恢复之日，逐日列出。
    存管的意义在于由受监管的银行独立看管；由没有资格的机构“存管”，等于没有存管，对账单也不可信。
    登记中没有写存管银行的，无法判定。许可没有写有效期的，视为长期有效。
    处置：暂停新发标的，限期迁移至符合条件的银行；迁移前逐日核对原存管账户余额。
  en: |
    The custody bank that the register names for a platform, and the banks that keep its accounts in custody and its
    raising accounts, stand in the register on the day in the line "custody", with a licence that has not run out. The
    value is the number of banks that do not; one is orange, on every day until it is replaced or qualified again.
    Custody means that a supervised bank keeps the money apart. With somebody who is not qualified there is no custody,
    and the statement is worth nothing.
    Where the register names no custody bank it is undetermined. A licence without a last day holds without end.
    What to do: suspend new projects and have the money moved to a qualified bank by a date; until then check the
    balances of the old accounts every day.
level: micro
scope: institution
unit: count
streams: [registered, registered_any, account]
lines_by: registered
lookback_days: 0
bands:
  orange: "value >= 1"
*/
WITH kept AS (
  SELECT
    institution,
    bank,
    min(effective_from) AS since,
    max(COALESCE(effective_to, DATE '9999-12-31')) AS until
  FROM account
  WHERE purpose IN ('custody', 'project') AND bank IS NOT NULL
  GROUP BY institution, bank
),
named AS (
  SELECT institution, day, position, custody_bank AS bank FROM registered
  UNION ALL
  SELECT r.institution, r.day, r.position, k.bank
  FROM registered r
  JOIN kept k
    ON k.institution = r.institution
    AND (k.bank IS DISTINCT FROM r.custody_bank)
    AND r.day BETWEEN k.since AND k.until
),
judged AS (
  SELECT
    n.institution,
    n.day,
    n.position,
    n.bank,
    CASE WHEN n.bank IS NOT NULL
      THEN b.licence IS NULL OR COALESCE(b.licence_until < n.day, FALSE)
    END AS is_unqualified
  FROM named n
  LEFT JOIN registered_any b ON b.institution = n.bank AND b.day = n.day AND b.line = 'custody'
)
SELECT
  institution,
  day,
  CASE
    WHEN bool_or(is_unqualified) THEN count(*) FILTER (WHERE is_unqualified)
    WHEN bool_and(is_unqualified IS NOT NULL) THEN 0
  END AS value,
  count(bank) AS banks,
  array_agg(DISTINCT position) AS rows
FROM judged
GROUP BY institution, day
