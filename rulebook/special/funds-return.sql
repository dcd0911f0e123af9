/*
id: funds-return
version: 1
tier: special
serves: own-account-forbidden
demands: [fictitious-projects, self-financing]
requirement: ["1.2", "3.3"]
clause:
  zh: 工作方案第一部分“负面清单”（禁止虚假标的）与第三部分“风险化解”（自融属严重违法违规）
  en: "Work plan, part 1, negative list (no fictitious projects), and part 3, resolution (self-financing is a serious offence)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 标的资金回流
  en: A project's money comes back
text:
  zh: |
    标的放款后十天以内，收到放款的账户又向本平台登记的自有资金账户或关联方账户付款的，即为发现，按标的列出。
    回流的那笔交易可以由任何机构报送：钱从支付机构绕一圈也算。数值为当日回流的金额，记在回流之日。
    借款人只是过一下手，真正用款的是平台或其关联方：标的是假的，自融是真的。
    有一笔即为橙色；近十天该标的放款的一半及以上在当日回流的，为红色（本规则库的取值）。按期还款付入存管账户，不在此列。
    放款未报收款账户的，无从追踪，在放款之日列为“无法判定”。
    处置：冻结收款账户与关联方账户，追查该借款人的其他标的，移送公安经侦部门。
  en: |
    When the account that was paid for a project pays, within ten days of the disbursement, an account that the platform
    has registered as its own or as a related party's, that is a finding, project by project. The payment back may be
    filed by any institution: a detour through a payment institution counts too. The value is what came back on the day.
    The borrower only lent a name; the money is used by the platform or its related parties: the project is invented and
    the platform finances itself.
    A single one is orange; when at least half of what was disbursed for the project within those ten days comes back on
    one day, it is red (the rulebook's value). Repayments go to the account in custody and are not meant.
    A disbursement filed without the account that was paid cannot be followed; it is undetermined on its own day.
    What to do: freeze both accounts, look at the borrower's other projects, refer to the economic-crime police.
level: micro
scope: institution
unit: yuan
streams: [transaction, account, registered]
lines_by: registered
lookback_days: 10
days: closed
per: [project]
bands:
  orange: "value > 0"
  red: "value > 0 AND returned_percent >= 50"
*/
WITH disbursed AS (
  SELECT t.institution, t.day, t.position, t."time", t.amount, t.payee_account, t.project
  FROM transaction t
  JOIN registered platform ON platform.institution = t.institution AND platform.day = t.day
  WHERE t.kind = 'disbursement'
),
back AS (
  SELECT
    d.institution,
    t.day,
    d.project,
    d.position AS disbursed_position,
    d.amount AS disbursed,
    t.position,
    t.amount
  FROM disbursed d
  JOIN transaction t
    ON t.payer_account = d.payee_account
    AND t."time" >= d."time"
    AND t.day <= d.day + INTERVAL '10' DAY
  JOIN account a
    ON a.institution = d.institution
    AND a.account = t.payee_account
    AND a.purpose IN ('own', 'related_party')
    AND a.effective_from <= t.day
    AND (a.effective_to IS NULL OR a.effective_to >= t.day)
),
gone AS (
  SELECT institution, day, project, sum(disbursed) AS disbursed
  FROM (SELECT DISTINCT institution, day, project, disbursed_position, disbursed FROM back) AS once
  GROUP BY institution, day, project
),
seen AS (
  SELECT DISTINCT institution, day, project, position, amount FROM back
  UNION ALL
  SELECT institution, day, project, position, CAST(NULL AS DECIMAL(20, 2)) AS amount
  FROM disbursed
  WHERE payee_account IS NULL
)
SELECT
  s.institution,
  s.day,
  s.project,
  sum(s.amount) AS value,
  100 * sum(s.amount) / NULLIF(max(g.disbursed), 0) AS returned_percent,
  max(g.disbursed) AS disbursed,
  array_agg(s.position) AS rows
FROM seen s
LEFT JOIN gone g ON g.institution = s.institution AND g.day = s.day AND g.project = s.project
GROUP BY s.institution, s.day, s.project
