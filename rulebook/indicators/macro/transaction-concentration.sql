/*
id: transaction-concentration
version: 1
tier: indicator
requirement: ["2.3"]
clause:
  zh: 工作方案第二部分“宏观层面”：集中度（前十大平台交易额占比）
  en: "Work plan, part 2, macro level: concentration (share of the ten largest platforms in transactions)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: head
title:
  zh: 交易集中度
  en: Concentration of transactions
text:
  zh: |
    近 30 天全行业交易金额中，金额最大的十家机构所占比重。
    集中度越高，任何一家出险越可能成为区域性事件。法律没有规定上限；80% 为黄色，90% 为橙色。
    报送机构不足 20 家时，前十家占比天然很高，不能说明问题，不予评定，只展示数值。
    处置：对前十家提高检查频次，并逐家准备应急预案。
  en: |
    The share of the ten institutions with the largest amounts in all transactions of the last 30 days.
    The higher it is, the more the failure of one of them becomes a regional event. No law sets a limit;
    80 % is yellow, 90 % orange.
    With fewer than 20 institutions the share is high by nature and says nothing; it is shown, not judged.
    What to do: inspect the ten more often and keep an emergency plan for each.
level: macro
scope: industry
unit: percent
streams: [transaction]
lookback_days: 29
bands:
  yellow: "value >= 80 AND institutions >= 20"
  orange: "value >= 90 AND institutions >= 20"
*/
WITH daily AS (
  SELECT institution, day, sum(amount) AS amount
  FROM transaction
  GROUP BY institution, day
),
days AS (
  SELECT DISTINCT day FROM daily
),
monthly AS (
  SELECT d.day, t.institution, sum(t.amount) AS amount
  FROM days d
  JOIN daily t ON t.day BETWEEN d.day - INTERVAL '29' DAY AND d.day
  GROUP BY d.day, t.institution
),
ranked AS (
  SELECT
    day,
    amount,
    row_number() OVER (PARTITION BY day ORDER BY amount DESC, institution) AS place
  FROM monthly
)
SELECT
  day,
  100 * sum(amount) FILTER (WHERE place <= 10) / NULLIF(sum(amount), 0) AS value,
  sum(amount) FILTER (WHERE place <= 10) AS top10_amount,
  sum(amount) AS amount,
  count(*) AS institutions
FROM ranked
GROUP BY day
