/*
id: rolled-over-projects
version: 1
tier: guidance
details: split-terms
demands: [maturity-mismatch]
requirement: ["1.2"]
clause:
  zh: 工作方案第一部分“负面清单”：禁止期限错配
  en: "Work plan, part 1, negative list: maturity mismatch is forbidden"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: analyst
nature: judgement
title:
  zh: 借新还旧的标的
  en: Projects rolled over
text:
  zh: |
    同一借款人的标的结束后三天以内，又发布金额相差不超过 5% 的新标的，视为滚续。数值为该借款人近 366 天的滚续次数（含当日）。
    长期用款拆成短标的、一期接一期，前一期的出借人靠后一期的钱退出：期限错配换了一种做法。流标后重新发布的不算，
    发布已超过两年才结束的标的不看。
    这是线索，不是认定：季节性用款的商户也会按时还清后再借同样的数。一次为黄色，三次及以上为橙色（本规则库的取值）。
    处置：核对前一期还款的资金来源。来自借款人自己的经营账户的，排除；来自新标的的放款或平台垫付的，按期限错配处理。
  en: |
    When a project of a borrower has ended and within three days the same borrower publishes a new one whose amount
    differs by no more than 5 %, it counts as rolled over. The value is how often the borrower rolled over within the
    last 366 days, the day included.
    A long need of money cut into short projects, one after the other, lets each round of lenders out with the money of
    the next: maturity mismatch in another form. A project that failed and is offered again does not count; one that
    ended more than two years after its publication is not looked at.
    It is a lead and no proof: a seasonal trader too pays back in time and borrows the same amount again. Once is
    yellow, three times or more orange (the rulebook's values).
    What to do: find out with what money the project before was paid back. Out of the borrower's own business: ruled
    out. Out of the new project or the platform's pocket: treat it as maturity mismatch.
level: micro
scope: institution
unit: times
streams: [project]
lookback_days: 1096
days: closed
per: [borrower]
bands:
  yellow: "value >= 1"
  orange: "value >= 3"
*/
WITH rolled AS (
  SELECT n.institution, n.day, n.borrower, n.position, o.position AS position_before
  FROM project n
  JOIN project o
    ON o.institution = n.institution
    AND o.borrower = n.borrower
    AND o.day BETWEEN n.day - INTERVAL '730' DAY AND n.day - INTERVAL '1' DAY
    AND o.ended_on BETWEEN n.day - INTERVAL '3' DAY AND n.day
    AND 100 * n.amount BETWEEN 95 * o.amount AND 105 * o.amount
  WHERE n.status <> 'failed' AND o.status <> 'failed'
),
days AS (
  SELECT DISTINCT institution, day, borrower FROM rolled
)
SELECT
  d.institution,
  d.day,
  d.borrower,
  count(DISTINCT r.position) AS value,
  array_distinct(flatten(array_agg(make_array(r.position_before, r.position)))) AS rows
FROM days d
JOIN rolled r
  ON r.institution = d.institution
  AND r.borrower = d.borrower
  AND r.day BETWEEN d.day - INTERVAL '365' DAY AND d.day
GROUP BY d.institution, d.day, d.borrower
