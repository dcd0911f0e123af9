/*
id: surrender-rate
version: 1
tier: indicator
requirement: ["2.4"]
clause:
  zh: 工作方案第二部分“中观层面”：互联网保险退保率
  en: "Work plan, part 2, meso level: surrender rate of internet insurance"
basis: plan
effective: {from: 1995-10-01}
lines: [insurance]
answerable: officer
title:
  zh: 退保率（年化）
  en: Surrender rate, annualised
text:
  zh: |
    近 90 天退保金年化后，除以（期初保单责任准备金 + 年化保费收入）；同时给出按保单件数计算的退保率。
    设窗口内已报 n 天，退保金 S、保费 P、期初准备金 R，则为 100 × 365S ÷（nR + 365P）。
    保监会 2003 年《保险公司偿付能力额度及监管指标管理规定》以退保率小于 5% 为正常；据此 5% 为黄色，10% 为橙色，
    20% 为红色（集中退保可能挤兑）。窗口内已报不足 30 天，或任一天缺数，则无法判定。
    处置：查明退保集中的产品与渠道，核对销售时的收益承诺；评估现金流。
  en: |
    Surrender payments of the last 90 days, annualised, over the policy reserve at the window's beginning plus the
    annualised premium; the rate by number of policies stands beside it. With n days filed in the window,
    surrenders S, premium P and reserve R at the beginning: 100 × 365 S / (n R + 365 P).
    The insurance regulator's provisions of 2003 on solvency margins and supervisory indicators took less than
    5 % as normal: 5 % is yellow, 10 % orange, 20 % red (surrenders in a mass may become a run). With fewer
    than 30 days filed in the window, or a figure missing on one of them, the verdict is undetermined.
    What to do: find the products and channels where surrenders are dense, compare the returns promised at
    sale, and assess the cash flow.
level: meso
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 89
bands:
  yellow: "value >= 5"
  orange: "value >= 10"
  red: "value >= 20"
*/
WITH windows AS (
  SELECT
    institution,
    day,
    count(*) OVER last_90_days AS days_filed,
    count(surrender_payments) OVER last_90_days AS days_surrender,
    count(premium_income) OVER last_90_days AS days_premium,
    count(policies_surrendered) OVER last_90_days AS days_policies,
    sum(surrender_payments) OVER last_90_days AS surrender_payments,
    sum(premium_income) OVER last_90_days AS premium_income,
    first_value(policy_reserve) OVER last_90_days AS opening_reserve,
    sum(policies_surrendered) OVER last_90_days AS policies_surrendered,
    first_value(policies_in_force) OVER last_90_days AS opening_policies
  FROM business_daily
  WHERE line = 'insurance'
  WINDOW last_90_days AS (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW
  )
)
SELECT
  institution,
  day,
  CASE WHEN days_filed >= 30 AND days_surrender = days_filed AND days_premium = days_filed
    THEN 36500 * surrender_payments / NULLIF(days_filed * opening_reserve + 365 * premium_income, 0)
  END AS value,
  CASE WHEN days_filed >= 30 AND days_policies = days_filed
    THEN 36500.00 * policies_surrendered / NULLIF(days_filed * opening_policies, 0)
  END AS by_policies_percent,
  days_filed,
  surrender_payments,
  premium_income,
  opening_reserve,
  policies_surrendered,
  opening_policies
FROM windows
