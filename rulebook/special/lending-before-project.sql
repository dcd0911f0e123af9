/*
id: lending-before-project
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
lines: [p2p]
answerable: officer
title:
  zh: 先收款后有标的、未满标放款
  en: Money taken before a project, or paid out before it is full
text:
  zh: |
    出借须在标的发布之后，放款须在标的满额之后。三种情形为发现：出借时间早于标的发布；到当日报送截止仍没有这个标的
    （近 60 天内未曾发布）；放款时该标的累计收到的出借款不足借款金额。数值为所涉金额合计，按标的列出。
    先归集资金、再找标的，是资金池的典型做法；未满标就放款，差额只能来自别的出借人或平台自己。
    60 天足以覆盖募集期：原《网络借贷信息中介机构业务活动管理暂行办法》规定单一融资项目的募集期最长 20 个工作日（未能核对原文）。
    一笔即为橙色；一个标的达到 100 万元为红色（本规则库的取值）。出借未报标的，或放款的标的近 60 天未见，无法判定。
    处置：要求逐笔说明先收的资金停在哪个账户；退回出借人，暂停自动投标类产品。
  en: |
    Lending comes after the project is published, disbursement after it is full. Three things are findings: a lending
    timed before its project was published; a lending to a project that, when the day's filings have come due, is still
    unknown (none such was published within 60 days); a disbursement when what was lent to the project so far is less
    than its amount. The value is the money concerned, project by project.
    To gather money first and look for projects later is how a fund pool works; what is paid out before a project is
    full can only be other lenders' money or the platform's own.
    Sixty days cover the time of raising: the former Interim Measures for lending intermediaries gave a project 20
    working days at most (this could not be checked against the original).
    A single one is orange; 1,000,000 yuan for a project are red (the rulebook's value). A lending without its project,
    and a disbursement of a project not seen within 60 days, are undetermined.
    What to do: have it explained entry by entry in which account the money rested; have it returned to the lenders, and
    suspend products that bid by themselves.
level: micro
scope: institution
unit: yuan
streams: [transaction, project, registered]
lines_by: registered
lookback_days: 60
days: closed
per: [project]
bands:
  orange: "value > 0"
  red: "value >= 1000000"
*/
WITH moved AS (
  SELECT t.institution, t.day, t.position, t."time", t.kind, t.amount, t.project
  FROM transaction t
  JOIN registered platform ON platform.institution = t.institution AND platform.day = t.day
  WHERE t.kind IN ('lending', 'disbursement')
),
lent AS (
  SELECT d.position, sum(l.amount) AS amount
  FROM moved d
  JOIN moved l
    ON l.institution = d.institution
    AND l.project = d.project
    AND l."time" <= d."time"
    AND l.day >= d.day - INTERVAL '60' DAY
  WHERE d.kind = 'disbursement' AND l.kind = 'lending'
  GROUP BY d.position
),
judged AS (
  SELECT
    m.institution,
    m.day,
    m.position,
    m.kind,
    m.amount,
    m.project,
    CASE
      WHEN m.project IS NULL THEN NULL
      WHEN m.kind = 'lending' THEN p.id IS NULL OR m."time" < p.published_at
      WHEN p.id IS NOT NULL THEN COALESCE(l.amount, 0) < p.amount
    END AS early
  FROM moved m
  LEFT JOIN project p
    ON p.institution = m.institution
    AND p.id = m.project
    AND p.day BETWEEN m.day - INTERVAL '60' DAY AND m.day
  LEFT JOIN lent l ON l.position = m.position
)
SELECT
  institution,
  day,
  project,
  CASE
    WHEN bool_or(early) THEN sum(amount) FILTER (WHERE early)
    WHEN bool_and(early IS NOT NULL) THEN 0
  END AS value,
  sum(amount) FILTER (WHERE early AND kind = 'lending') AS lent_early,
  sum(amount) FILTER (WHERE early AND kind = 'disbursement') AS disbursed_early,
  array_agg(position) FILTER (WHERE early IS NOT FALSE) AS rows
FROM judged
GROUP BY institution, day, project
