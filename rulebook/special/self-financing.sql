/*
id: self-financing
version: 1
tier: special
serves: own-account-forbidden
demands: [self-financing]
requirement: ["1.2", "3.3"]
clause:
  zh: 工作方案第一部分“负面清单”与第三部分“风险化解”：自融属严重违法违规，由公安经侦部门介入
  en: "Work plan, part 1, negative list, and part 3, resolution: self-financing is a serious offence for the economic-crime police"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 自融
  en: Self-financing
text:
  zh: |
    标的的借款人是本平台的关联方：是登记的关联方账户的户主，或是此前 1000 天内关联交易的对方。数值为标的金额，记在发布之日。
    关联方账户的启用或关联交易在发布后 31 天内（募集与放款期间）的，同样算，记在启用或交易之日：先发标、后建立关系不能使人免责。
    一个标的只记一次，以最早的一项关系为准。
    平台审自己人的项目，用的是陌生人的钱；一旦还不上，平台没有动力说出来。
    一个标的即为橙色，100 万元及以上为红色（本规则库的取值）。流标的不算：钱没有借出。
    关联方未登记、交易未报的，本条看不见，须与“标的资金回流”一并看。
    处置：冻结标的与关联方账户，责令提前清偿；查实的，保全资产，移送公安经侦部门。
  en: |
    The borrower of a project is a related party of the platform: the holder of an account registered as a related
    party's, or the other side of a related-party deal within the 1000 days before. The value is the project's amount, on
    the day of its publication.
    An account or a deal that follows within 31 days after the publication, while money is raised and paid out, counts
    the same, on its own day: to become related afterwards excuses nobody. A project is told once, by its earliest
    relation.
    The platform vets the projects of its own people with the money of strangers, and has no wish to tell when they
    cannot pay.
    One project is orange, 1,000,000 yuan or more red (the rulebook's value). A project that failed does not count: no
    money was lent.
    Related parties that were neither registered nor filed are not seen here; read it with "a project's money comes
    back".
    What to do: freeze the projects and the related parties' accounts and have the loans paid back early; what is
    confirmed goes to the economic-crime police, assets preserved.
level: micro
scope: institution
unit: yuan
streams: [project, account, related_party_deal]
lines_by: project
lookback_days: 1096
days: closed
per: [project]
bands:
  orange: "value > 0"
  red: "value >= 1000000"
*/
WITH related AS (
  SELECT institution, position, holder AS party, effective_from AS since, effective_to AS until
  FROM account
  WHERE purpose = 'related_party'
  UNION ALL
  SELECT institution, position, party, day AS since, day + INTERVAL '1000' DAY AS until
  FROM related_party_deal
),
lent AS (
  SELECT
    p.institution,
    p.day,
    p.id,
    p.amount,
    p.position,
    r.since,
    r.position AS related_position,
    row_number() OVER (PARTITION BY p.institution, p.id ORDER BY r.since, r.position) AS place
  FROM project p
  JOIN related r
    ON r.institution = p.institution
    AND r.party = p.borrower
    AND r.since <= p.day + INTERVAL '31' DAY
    AND (r.until IS NULL OR r.until >= p.day)
  WHERE p.status <> 'failed'
)
SELECT
  institution,
  GREATEST(day, since) AS day,
  id AS project,
  amount AS value,
  make_array(related_position, position) AS rows
FROM lent
WHERE place = 1
