/*
id: reused-collateral
version: 1
tier: special
serves: true-projects
demands: [fictitious-projects]
requirement: ["1.2"]
clause:
  zh: 工作方案第一部分“负面清单”：禁止虚假标的
  en: "Work plan, part 1, negative list: fictitious projects are forbidden"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 抵质押物重复使用
  en: Collateral used again
text:
  zh: |
    一个抵质押登记号只应出现在一个存续标的上。标的发布之日，其登记号同时是本平台另一个存续标的的登记号的，即为发现；
    数值为该登记号对应的存续标的数。存续指已发布、未流标、尚未结束。
    一份抵押担保几笔借款，每笔都像足额，合起来却不够：这既是虚增担保，也是编造标的时最省事的办法。
    余额抵押在法律上可以设立，但须向出借人说明顺位与余额；平台能出示的，可以排除。
    两个为橙色，五个及以上为红色（本规则库的取值）。抵押、质押标的未报登记号的，无法判定。前一标的结束后再抵押的，不算。
    处置：调取登记证明，按登记日期与金额核对各标的；不实的，移送公安经侦部门。
  en: |
    A registration number of collateral stands behind one standing project. When a project is published and its number
    is also that of another standing project of the platform, that is a finding; the value is the number of standing
    projects with that number. A project stands from its publication until it ends; one that failed does not count.
    With one collateral behind several loans each looks fully secured and all together are not: security is made out of
    nothing, and inventing a project is made easy.
    The law does allow a second charge on what is left of the value, but lenders must be told its rank and what is left;
    where the platform can show that, the finding is ruled out.
    Two are orange, five or more red (the rulebook's values). A project secured by mortgage or pledge without a number
    is undetermined. Collateral used after the project before has ended is none.
    What to do: call up the certificates and compare date and amount with each project; what is untrue goes to the
    economic-crime police.
level: micro
scope: institution
unit: count
streams: [project]
lookback_days: 1096
days: closed
per: [collateral_registration]
bands:
  orange: "value >= 2"
  red: "value >= 5"
*/
WITH published AS (
  SELECT institution, day, collateral_registration, min(position) AS position
  FROM project
  WHERE status <> 'failed' AND (collateral_registration IS NOT NULL OR guarantee IN ('collateral', 'pledge'))
  GROUP BY institution, day, collateral_registration
)
SELECT
  n.institution,
  n.day,
  n.collateral_registration,
  CASE WHEN n.collateral_registration IS NOT NULL THEN count(o.position) END AS value,
  array_agg(COALESCE(o.position, n.position)) AS rows
FROM published n
LEFT JOIN project o
  ON o.institution = n.institution
  AND o.collateral_registration = n.collateral_registration
  AND o.day BETWEEN n.day - INTERVAL '1096' DAY AND n.day
  AND o.status <> 'failed'
  AND (o.ended_on IS NULL OR o.ended_on > n.day)
GROUP BY n.institution, n.day, n.collateral_registration
