/*
id: large-redemption
version: 1
tier: indicator
requirement: ["2.4", "3.3"]
clause:
  zh: >-
    《公开募集证券投资基金运作管理办法》（证监会令第 104 号）关于“巨额赎回”的规定：单个开放日净赎回申请超过基金总份额的 10%
  en: >-
    Measures for the Operation of Publicly Offered Securities Investment Funds (CSRC Decree 104), on large
    redemptions: net redemptions of one open day above 10 % of the fund's units
basis: law
effective: {from: 2014-08-08}
lines: [fund]
answerable: officer
title:
  zh: 巨额赎回
  en: Large redemption
text:
  zh: |
    当日净赎回（赎回减申购）除以最近一次报送的前一日基金保有规模。
    超过 10% 即法规所称巨额赎回，列为橙色；达到 5% 为黄色，提前关注；超过 20% 为红色，可能需要同业拆借或动用风险准备金。
    前一日（7 天以内）没有保有规模，或当日申购、赎回未报的，无法判定。
    处置：核对变现能力与垫资额度，必要时启用延期赎回与行业流动性支持。
  en: |
    Net redemptions of the day (redemptions less subscriptions) over the value of units held at the end of the
    day filed before.
    Above 10 % the law speaks of a large redemption: orange. 5 % is yellow, to be watched; above 20 % is red,
    when peers may have to lend or the risk reserve to pay.
    Without a value of units on a day before (within seven days), or without the day's subscriptions or
    redemptions, the verdict is undetermined.
    What to do: check what can be sold and the credit lines; use deferred redemption and the industry's
    liquidity support where needed.
level: meso
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 7
bands:
  yellow: "value >= 5"
  orange: "value > 10"
  red: "value > 20"
*/
WITH filed AS (
  SELECT
    institution,
    day,
    subscriptions,
    redemptions,
    lag(day) OVER by_day AS day_before,
    lag(fund_units_value) OVER by_day AS value_before
  FROM business_daily
  WHERE line = 'fund'
  WINDOW by_day AS (PARTITION BY institution ORDER BY day)
)
SELECT
  institution,
  day,
  CASE WHEN day_before >= day - INTERVAL '7' DAY
    THEN 100 * (redemptions - subscriptions) / NULLIF(value_before, 0)
  END AS value,
  redemptions,
  subscriptions,
  day_before,
  value_before
FROM filed
