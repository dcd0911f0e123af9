/*
id: early-warning-points
version: 1
tier: indicator
requirement: ["2.5", "2.6"]
clause:
  zh: 工作方案第二部分“智能监测预警体系”：分层模型与红橙黄绿四级预警
  en: "Work plan, part 2, monitoring and early warning: layered models and the four grades"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 网络借贷机构综合预警分
  en: Early-warning points of a P2P platform
text:
  zh: |
    六项特征分数之和，最高 16 分：户均出借人数、借款与出借集中之比、散户依赖度、公众波及面、最高承诺收益率
    （各 0–3 分）、一月以内超短期标的（0–1 分）。只用当期报送的数字，不与其他平台比较，不看历史长短。
    5 分及以下为绿色，6–7 分为黄色，8–9 分为橙色，10 分及以上为红色。
    单项特征在正常平台也常见，多项同时出现才可疑；分界取整数，以便监管人员与机构都能自行验算。
    无法判定的分项计 0 分并列明；六项均无法判定时，综合分也无法判定。
    处置：先看得分最高的分项；橙色及以上核对存管流水与前十大借款人，并安排现场检查。
  en: |
    The sum of the points of six traits, 16 at most: lenders per borrower, borrower against lender concentration,
    dependence on small lenders, reach into the public, highest return promised (0 to 3 each), loans under one
    month (0 or 1). Only figures of the day's own filing are used: no comparison with other platforms, no length
    of history.
    Up to 5 points are green, 6 and 7 yellow, 8 and 9 orange, 10 or more red.
    Each trait alone is common with sound platforms; several at once are suspicious. The limits are round, so that
    supervisors and institutions can do the sum themselves.
    A component that is undetermined gives no points and is named; when all six are, so is the sum.
    What to do: look at the components with the most points first; from orange on compare the custody bank's
    statement and the ten largest borrowers, and inspect on site.
level: micro
scope: institution
unit: points
streams: []
inputs: [lenders-per-borrower, concentration-ratio, retail-dependence,
  public-reach, highest-return, very-short-term]
lookback_days: 0
bands:
  yellow: "value >= 6"
  orange: "value >= 8"
  red: "value >= 10"
*/
WITH components AS (
  SELECT institution, day, 'lenders-per-borrower' AS component, points FROM indicator_lenders_per_borrower
  UNION ALL
  SELECT institution, day, 'concentration-ratio' AS component, points FROM indicator_concentration_ratio
  UNION ALL
  SELECT institution, day, 'retail-dependence' AS component, points FROM indicator_retail_dependence
  UNION ALL
  SELECT institution, day, 'public-reach' AS component, points FROM indicator_public_reach
  UNION ALL
  SELECT institution, day, 'highest-return' AS component, points FROM indicator_highest_return
  UNION ALL
  SELECT institution, day, 'very-short-term' AS component, points FROM indicator_very_short_term
)
SELECT
  institution,
  day,
  sum(points) AS value,
  max(points) FILTER (WHERE component = 'lenders-per-borrower') AS lenders_per_borrower,
  max(points) FILTER (WHERE component = 'concentration-ratio') AS concentration_ratio,
  max(points) FILTER (WHERE component = 'retail-dependence') AS retail_dependence,
  max(points) FILTER (WHERE component = 'public-reach') AS public_reach,
  max(points) FILTER (WHERE component = 'highest-return') AS highest_return,
  max(points) FILTER (WHERE component = 'very-short-term') AS very_short_term,
  count(*) - count(points) AS undetermined_components
FROM components
GROUP BY institution, day
