/*
id: surrender-rate
version: 2
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
    窗口内退保金与责任准备金一天都未报的，改按件数：退保件数 s、期初有效保单 N，为 100 × 365s ÷ nN，结果列 basis 写明
    policies；报了金额但不全的，不以件数代替，为无法判定。
    保监会 2003 年《保险公司偿付能力额度及监管指标管理规定》（保监会令〔2003〕1 号，已废止）以退保率小于 5% 为正常（5% 未能核对原文）；
    据此 5% 为黄色，10% 为橙色，20% 为红色（集中退保可能挤兑）。窗口内已报不足 30 天，或任一天缺数，则无法判定。
    自《保险法》施行之日（1995 年 10 月 1 日）起适用：此前没有受其规范的保险业务；更早的数据不评。
    处置：查明退保集中的产品与渠道，核对销售时的收益承诺；评估现金流。
  en: |
    Surrender payments of the last 90 days, annualised, over the policy reserve at the window's beginning plus the
    annualised premium; the rate by number of policies stands beside it. With n days filed in the window,
    surrenders S, premium P and reserve R at the beginning: 100 × 365 S / (n R + 365 P).
    Where neither surrender payments nor the reserve were filed on any day of the window, the rate is by number
    instead: with s policies surrendered and N in force at the beginning 100 × 365 s / (n N), and the column "basis"
    says "policies". Money that was filed in part is not replaced by numbers: the verdict is undetermined.
    The insurance regulator's provisions of 2003 on solvency margins and supervisory indicators (CIRC Decree 2003
    No. 1, since repealed) took less than 5 % as normal (the figure could not be checked against the original): 5 % is yellow, 10 % orange, 20 % red (surrenders in a mass
    may become a run). With fewer than 30 days filed in the window, or a figure missing on one of them, the
    verdict is undetermined.
    It applies from the day on which the Insurance Law came into force (1 October 1995): there was no business
    under that law before, and older data are not judged.
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
    count(policy_reserve) OVER last_90_days AS days_reserve,
    count(policies_surrendered) OVER last_90_days AS days_policies,
    sum(surrender_payments) OVER last_90_days AS surrender_payments,
    sum(premium_income) OVER last_90_days AS premium_income,
    first_value(policy_reserve) OVER last_90_days AS opening_reserve,
    sum(policies_surrendered) OVER last_90_days AS policies_surrendered,
    first_value(policies_in_force) OVER last_90_days AS opening_policies
  FROM business_daily
  WINDOW last_90_days AS (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '89' DAY PRECEDING AND CURRENT ROW
  )
), rates AS (
  SELECT
    *,
    CASE WHEN days_surrender = 0 AND days_reserve = 0 THEN 'policies' ELSE 'money' END AS basis,
    CASE WHEN days_filed >= 30 AND days_surrender = days_filed AND days_premium = days_filed
      THEN 36500 * surrender_payments / NULLIF(days_filed * opening_reserve + 365 * premium_income, 0)
    END AS by_money_percent,
    CASE WHEN days_filed >= 30 AND days_policies = days_filed
      THEN 36500.00 * policies_surrendered / NULLIF(days_filed * opening_policies, 0)
    END AS by_policies_percent
  FROM windows
)
SELECT
  institution,
  day,
  CASE basis WHEN 'money' THEN by_money_percent ELSE by_policies_percent END AS value,
  basis,
  by_policies_percent,
  days_filed,
  surrender_payments,
  premium_income,
  opening_reserve,
  policies_surrendered,
  opening_policies
FROM rates
