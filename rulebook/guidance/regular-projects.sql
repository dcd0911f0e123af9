/*
id: regular-projects
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
  zh: 标的过于规整
  en: Projects too regular
text:
  zh: |
    近 30 天发布的标的（流标除外）不少于 20 个，且金额的离散系数（标准差除以平均数）低于 5% 的，数值为这些标的的个数；
    否则为 0。离散系数的平方以“百分之一的平方”给出，25 即 5%。
    真实的借款需求有大有小；几十个标的金额几乎一样，多半出自同一只手：或者编造，或者把一笔大额需求切碎。
    这是线索，不是认定：只做一种定额消费贷款的平台也会如此。20 个为黄色，50 个及以上为橙色（本规则库的取值）。
    处置：抽查借款人身份与用途；有定额产品的，核对产品说明并留存排除理由。
  en: |
    When at least 20 projects were published within the last 30 days (those that failed left out) and the coefficient of
    variation of their amounts, the standard deviation over the mean, is below 5 %, the value is their number; otherwise
    it is 0. The square of the coefficient stands beside, in squared per cent: 25 are 5 %.
    Real needs are large and small. Dozens of projects with almost the same amount mostly come from one hand: invented,
    or one large need cut to pieces.
    It is a lead and no proof: a platform with a single consumer loan of a fixed amount looks the same. 20 are yellow,
    50 or more orange (the rulebook's values).
    What to do: draw a sample of borrowers and purposes; where there is a product of a fixed amount, compare its terms
    and keep the reason why it was ruled out.
level: micro
scope: institution
unit: count
streams: [project]
lookback_days: 29
days: closed
bands:
  yellow: "value >= 20"
  orange: "value >= 50"
*/
WITH published AS (
  SELECT institution, day, position, amount FROM project WHERE status <> 'failed'
),
days AS (
  SELECT DISTINCT institution, day FROM published
),
monthly AS (
  SELECT
    d.institution,
    d.day,
    p.position,
    p.amount,
    avg(p.amount) OVER (PARTITION BY d.institution, d.day) AS mean
  FROM days d
  JOIN published p ON p.institution = d.institution AND p.day BETWEEN d.day - INTERVAL '29' DAY AND d.day
),
deviating AS (
  -- A deviation of ten times the mean is as irregular as any: the bound keeps its square small.
  SELECT institution, day, position, mean, LEAST(ABS(100 * (amount - mean) / NULLIF(mean, 0)), 1000) AS deviation_percent
  FROM monthly
  WHERE amount IS NOT NULL
),
varying AS (
  SELECT
    institution,
    day,
    count(*) AS projects,
    max(mean) AS mean_amount,
    CAST(avg(CAST(deviation_percent * deviation_percent AS DECIMAL(20, 6))) AS DECIMAL(20, 6)) AS variation_squared,
    array_agg(position) AS rows
  FROM deviating
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  CASE WHEN projects < 20 OR variation_squared >= 25 THEN 0 WHEN variation_squared < 25 THEN projects END AS value,
  projects,
  mean_amount,
  variation_squared,
  CASE WHEN projects >= 20 AND variation_squared < 25 THEN rows END AS rows
FROM varying
