/*
id: borrower-many-projects
version: 1
tier: guidance
details: unregistered-borrower
demands: [fictitious-projects]
requirement: ["1.2"]
clause:
  zh: 工作方案第一部分“负面清单”：禁止虚假标的
  en: "Work plan, part 1, negative list: fictitious projects are forbidden"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
nature: judgement
title:
  zh: 一人多标
  en: One borrower, many projects
text:
  zh: |
    借款人在本平台发布新标的之日，其存续标的（已发布、未流标、尚未结束）的个数。
    真实的借款人通常一次借够所需，分成许多标的，多为凑满小额上限、掩盖集中度，或借一个身份批量编造标的。
    这是线索，不是认定：有的平台把一份授信分次提款，每次一标。五个及以上为黄色，十个及以上为橙色（本规则库的取值）。
    处置：核对各标的的用途与合同，加总后对照借款上限；用途相同、时间相连的，按同一融资项目看待。
  en: |
    On a day on which a borrower has a new project published on the platform: the number of the borrower's standing
    projects (published, not failed, not yet ended).
    A real borrower mostly borrows what is needed at once. Many projects serve to stay under a cap for small amounts, to
    hide how much is lent to one, or to invent projects in bulk with one identity.
    It is a lead and no proof: some platforms make one project of each draw on a line of credit. Five or more are
    yellow, ten or more orange (the rulebook's values).
    What to do: compare purposes and contracts and hold the sum against the caps; with the same purpose and at the same
    time they count as one.
level: micro
scope: institution
unit: count
streams: [project]
lookback_days: 1096
days: closed
per: [borrower]
bands:
  yellow: "value >= 5"
  orange: "value >= 10"
*/
WITH published AS (
  SELECT institution, day, borrower, min(position) AS position
  FROM project
  WHERE status <> 'failed'
  GROUP BY institution, day, borrower
)
SELECT
  n.institution,
  n.day,
  n.borrower,
  CASE WHEN n.borrower IS NOT NULL THEN count(o.position) END AS value,
  array_agg(COALESCE(o.position, n.position)) AS rows
FROM published n
LEFT JOIN project o
  ON o.institution = n.institution
  AND o.borrower = n.borrower
  AND o.day BETWEEN n.day - INTERVAL '1096' DAY AND n.day
  AND o.status <> 'failed'
  AND (o.ended_on IS NULL OR o.ended_on > n.day)
GROUP BY n.institution, n.day, n.borrower
