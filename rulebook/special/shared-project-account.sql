/*
id: shared-project-account
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
  zh: 多个标的共用募集账户
  en: One raising account for several projects
text:
  zh: |
    每个标的有自己的募集账户，出借人的钱与标的一一对应。标的发布之日，其募集账户同时是另一个存续标的的募集账户的，
    即为发现；数值为该账户对应的存续标的数。存续指已发布、未流标、尚未结束。
    几个标的共用一个账户，谁的钱借给了谁就无从分辨，放款不足可以用别的标的的钱补上：这就是资金池。
    两个及以上为橙色，十个及以上为红色（本规则库的取值）。前一标的结束后再使用同一账户的，不算。
    未报募集账户的标的无法判定。
    处置：停止在该账户上发布新标的，逐标的核对出借、放款与还款，由存管银行分户。
  en: |
    Each project has a raising account of its own, so that lenders' money and projects correspond. When a project is
    published and its raising account is also that of another standing project, that is a finding; the value is the
    number of standing projects with that account. A project stands from its publication until it ends; one that failed
    to fill does not count.
    Where several share an account nobody can tell whose money was lent to whom, and what is missing for one is paid
    with that of another: that is a fund pool.
    Two or more are orange, ten or more red (the rulebook's values). An account used again after the project before has
    ended is none. A project that was filed without its account is undetermined.
    What to do: no new projects on that account; check lending, disbursement and repayment project by project, and have
    the custody bank keep separate accounts.
level: micro
scope: institution
unit: count
streams: [project]
lookback_days: 1096
days: closed
per: [receiving_account]
bands:
  orange: "value >= 2"
  red: "value >= 10"
*/
WITH published AS (
  SELECT institution, day, receiving_account, min(position) AS position
  FROM project
  WHERE status <> 'failed'
  GROUP BY institution, day, receiving_account
)
SELECT
  n.institution,
  n.day,
  n.receiving_account,
  CASE WHEN n.receiving_account IS NOT NULL THEN count(o.position) END AS value,
  array_agg(COALESCE(o.position, n.position)) AS rows
FROM published n
LEFT JOIN project o
  ON o.institution = n.institution
  AND o.receiving_account = n.receiving_account
  AND o.day BETWEEN n.day - INTERVAL '1096' DAY AND n.day
  AND o.status <> 'failed'
  AND (o.ended_on IS NULL OR o.ended_on > n.day)
GROUP BY n.institution, n.day, n.receiving_account
