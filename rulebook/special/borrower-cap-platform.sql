/*
id: borrower-cap-platform
version: 1
tier: special
serves: within-licence
demands: [borrower-cap]
requirement: ["1.3"]
clause:
  zh: >-
    《网络借贷信息中介机构业务活动管理暂行办法》（银监会令 2016 年第 1 号）第十七条：同一借款人在同一平台的借款余额，自然人不超过 20 万元，
    法人或其他组织不超过 100 万元
  en: >-
    Interim Measures for lending intermediaries (CBRC Decree 2016 No. 1), article 17: what one borrower owes on one
    platform, a natural person 200,000 yuan, a legal person or other organisation 1,000,000 at most
basis: historical
effective: {from: 2016-08-17}
lines: [p2p]
answerable: officer
title:
  zh: 单一借款人在一家平台超过上限
  en: One borrower above the cap of a platform
text:
  zh: |
    借款人在本平台发布新标的之日，其存续标的（已发布、未流标、尚未结束）的待偿余额合计；待偿余额未报的，
    以及后来已经结束的，按借款金额。超过上限为橙色。上限在参考表 borrower_caps：公民 20 万元，企业 100 万元，“无登记”的按自然人从严；恰好等于上限不算。
    小额分散是网络借贷的本义；一人借得越多，他一倒下，受损的出借人越多，也越像为特定对象筹资。
    这是 2016 年的历史规则，该业态已于 2020 年前后退出，现行的对应规则见网络小额贷款与助贷；本条按工作方案的“业务红线”保留。
    未报身份登记的，不知适用哪个上限，无法判定。发布超过 1096 天的标的不计。
    处置：停止向该借款人新增放款，核对是否变换身份或拆分标的，限期压降。
  en: |
    On a day on which a borrower has a new project published on the platform: what the borrower owes on the projects
    that stand (published, not failed, not yet ended), by the principal outstanding, or the amount where that was not
    filed or the project has ended since. Above the cap is orange. The caps are in the reference table borrower_caps: a
    citizen 200,000 yuan, an enterprise 1,000,000; a borrower in no register counts as a person, the stricter of the
    two. Exactly the cap is silent. Lending between people is to be small and spread; the more one borrows, the more
    lenders lose when that one fails, and the more it looks like raising money for somebody.
    This is the rule of 2016; the line of business was wound up by about 2020, and those of today are the rules on
    online micro-loans and assisted lending. It is kept as the red line that the plan wants.
    Without the borrower's register it is not known which cap holds: undetermined. Projects published more than 1096
    days ago do not count.
    What to do: no new loans to the borrower; see whether identities were changed or projects split; have it run down.
level: micro
scope: institution
unit: yuan
streams: [project]
lookback_days: 1096
days: closed
per: [borrower]
bands:
  orange: "value > cap"
*/
WITH published AS (
  SELECT institution, day, borrower, min(position) AS position
  FROM project
  WHERE status <> 'failed'
  GROUP BY institution, day, borrower
),
standing AS (
  -- The last state of a project that has ended since says nothing is outstanding: it counts as published.
  SELECT
    institution,
    day,
    position,
    borrower,
    identity_register,
    ended_on,
    COALESCE(CASE WHEN ended_on IS NULL THEN outstanding ELSE NULLIF(outstanding, 0) END, amount) AS principal
  FROM project
  WHERE status <> 'failed'
)
SELECT
  n.institution,
  n.day,
  n.borrower,
  CASE WHEN n.borrower IS NOT NULL THEN COALESCE(sum(o.principal), 0) END AS value,
  min(c.platform_cap) AS cap,
  count(o.position) AS projects,
  array_agg(COALESCE(o.position, n.position)) AS rows
FROM published n
LEFT JOIN standing o
  ON o.institution = n.institution
  AND o.borrower = n.borrower
  AND o.day BETWEEN n.day - INTERVAL '1096' DAY AND n.day
  AND (o.ended_on IS NULL OR o.ended_on > n.day)
LEFT JOIN reference_borrower_caps c ON c.identity_register = o.identity_register
GROUP BY n.institution, n.day, n.borrower
