/*
id: redemption-pressure
version: 2
tier: indicator
requirement: ["2.4", "3.3"]
clause:
  zh: 工作方案第三部分“风险化解”：因市场波动引发流动性风险的机构（如货币基金大额赎回）
  en: "Work plan, part 3, resolution: institutions short of liquidity because of the market, such as large redemptions of a money fund"
basis: plan
effective: {from: 2010-01-01}
lines: [fund]
answerable: officer
title:
  zh: 赎回压力
  en: Redemption pressure
text:
  zh: |
    最近 7 个报送日赎回之和除以申购之和，以百分比表示。单日巨额赎回之外，连续多日的净流出同样会耗尽流动性。
    法律没有规定比例：150% 为黄色，200% 为橙色，300% 为红色。
    未满 7 个报送日，或其中任一日缺数，则无法判定；7 日跨度超过 14 天的也不计算。
    节假日前后赎回自然增多，故取 7 日而非单日。
    处置：了解流出原因；查看到期资产分布；预备同业支持。
  en: |
    Redemptions over subscriptions, both of the last seven days filed, in per cent. Beside a large redemption of
    one day, a net outflow over many days exhausts liquidity as well.
    No law sets a ratio: 150 % is yellow, 200 % orange, 300 % red.
    Before seven days are filed, or when one of them lacks a figure, the verdict is undetermined, as when the seven
    days lie more than 14 days apart. Redemptions rise around holidays, hence seven days and not one.
    What to do: find the reason of the outflow; see when assets fall due; prepare support by peers.
level: meso
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 14
bands:
  yellow: "value >= 150"
  orange: "value >= 200"
  red: "value >= 300"
*/
WITH windows AS (
  SELECT
    institution,
    day,
    count(*) OVER last_7 AS days_filed,
    count(subscriptions) OVER last_7 AS days_subscriptions,
    count(redemptions) OVER last_7 AS days_redemptions,
    min(day) OVER last_7 AS first_day,
    sum(subscriptions) OVER last_7 AS subscriptions,
    sum(redemptions) OVER last_7 AS redemptions
  FROM business_daily
  WHERE line = 'fund'
  WINDOW last_7 AS (
    PARTITION BY institution ORDER BY day
    ROWS BETWEEN 6 PRECEDING AND CURRENT ROW
  )
)
SELECT
  institution,
  day,
  CASE WHEN days_subscriptions = 7 AND days_redemptions = 7 AND first_day >= day - INTERVAL '13' DAY
    THEN 100 * redemptions / NULLIF(subscriptions, 0)
  END AS value,
  days_filed,
  redemptions,
  subscriptions
FROM windows
