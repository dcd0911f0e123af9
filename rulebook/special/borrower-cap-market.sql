/*
id: borrower-cap-market
version: 1
tier: special
serves: within-licence
demands: [borrower-cap]
requirement: ["1.3"]
clause:
  zh: >-
    《网络借贷信息中介机构业务活动管理暂行办法》（银监会令 2016 年第 1 号）第十七条：同一借款人在不同平台的借款总余额，自然人不超过 100 万元，
    法人或其他组织不超过 500 万元
  en: >-
    Interim Measures for lending intermediaries (CBRC Decree 2016 No. 1), article 17: what one borrower owes on all
    platforms together, a natural person 1,000,000 yuan, a legal person or other organisation 5,000,000 at most
basis: historical
effective: {from: 2016-08-17}
lines: [p2p]
answerable: officer
title:
  zh: 单一借款人在全部平台超过上限
  en: One borrower above the cap of all platforms
text:
  zh: |
    借款人在任一平台发布新标的之日，其在全部平台的存续标的（已发布、未流标、尚未结束）待偿余额合计；未报的和后来已结束的按借款金额。
    超过上限为橙色：公民 100 万元，企业 500 万元，“无登记”的按自然人从严（参考表 borrower_caps）；恰好等于上限不算。
    多头借款时每家平台都以为自己借得不多，合在一起却早已还不起；只有监管能跨平台看到同一借款人。
    比对只用假名：各机构以同一方法把身份变为同一假名，平台之间互不知情，监管也不见真实姓名。
    这是 2016 年的历史规则，按工作方案的“业务红线”保留。未报身份登记的无法判定。发布超过 1096 天的标的不计。
    处置：通知各平台停止新增，会商偿还安排；以变换身份借款的，移送核查。
  en: |
    On a day on which a borrower has a new project published on any platform: what the borrower owes on all platforms on
    projects that stand (published, not failed, not yet ended), by the principal outstanding, or the amount where that
    was not filed or the project has ended since. Above the cap is orange: a citizen 1,000,000 yuan, an enterprise
    5,000,000; a borrower in no register counts as a person (reference table borrower_caps). Exactly the cap is silent.
    Each platform believes that it lent little, and all together lent more than can be paid back; only the supervisor
    sees the same borrower on several platforms.
    Pseudonyms are compared and nothing else: every institution makes the same pseudonym of an identity in the same way;
    platforms learn nothing of each other, and the supervisor sees no name.
    This is the rule of 2016, kept as the red line that the plan wants. Without the borrower's register it is
    undetermined. Projects published more than 1096 days ago do not count.
    What to do: tell the platforms to lend no more and agree with them on repayment; where identities were changed to
    borrow, have it examined.
level: meso
scope: industry
unit: yuan
streams: [project]
lookback_days: 1096
days: closed
per: [borrower]
bands:
  orange: "value > cap"
*/
WITH published AS (
  SELECT day, borrower, min(position) AS position
  FROM project
  WHERE status <> 'failed'
  GROUP BY day, borrower
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
  n.day,
  n.borrower,
  CASE WHEN n.borrower IS NOT NULL THEN COALESCE(sum(o.principal), 0) END AS value,
  min(c.market_cap) AS cap,
  count(DISTINCT o.institution) AS platforms,
  count(o.position) AS projects,
  array_agg(COALESCE(o.position, n.position)) AS rows
FROM published n
LEFT JOIN standing o
  ON o.borrower = n.borrower
  AND o.day BETWEEN n.day - INTERVAL '1096' DAY AND n.day
  AND (o.ended_on IS NULL OR o.ended_on > n.day)
LEFT JOIN reference_borrower_caps c ON c.identity_register = o.identity_register
GROUP BY n.day, n.borrower
