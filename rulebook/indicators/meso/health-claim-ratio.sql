/*
id: health-claim-ratio
version: 2
tier: indicator
requirement: ["2.4"]
clause:
  zh: 工作方案第二部分“中观层面”：短期健康险赔付率
  en: "Work plan, part 2, meso level: claim ratio of short-term health insurance"
basis: plan
effective: {from: 1995-10-01}
lines: [insurance]
answerable: officer
title:
  zh: 短期健康险赔付率
  en: Claim ratio of short-term health insurance
text:
  zh: |
    近 365 天短期健康险赔付支出之和除以已赚保费之和。
    《关于规范短期健康保险业务有关问题的通知》（银保监办发〔2021〕7 号）要求按半年披露综合赔付率（披露频率未能核对原文），未定上下限。
    80% 及以上为黄色（加上费用多已亏损），100% 为橙色，150% 为红色；低于 20% 也为黄色，说明产品保障不足或拒赔偏多。
    窗口内已报不足 30 天，或任一天缺数，则无法判定；两数均不报的机构视为没有该业务。
    自《保险法》施行之日（1995 年 10 月 1 日）起适用：此前没有受其规范的保险业务；更早的数据不评。
    处置：赔付率过高的核查定价与准备金，过低的核查拒赔投诉与销售误导。
  en: |
    Claims on short-term health insurance over premium earned, both of the last 365 days.
    The notice on short-term health insurance of 2021 (CBIRC General Office No. 7) has the ratio disclosed every
    half-year (how often could not be checked against the original) and sets no limits. 80 % or more is yellow (with expenses mostly a loss), 100 % orange, 150 % red;
    below 20 % is yellow too: cover is thin or claims are refused.
    With fewer than 30 days filed in the window, or a figure missing on one of them, the verdict is
    undetermined; an institution that files neither figure does not have the business.
    It applies from the day on which the Insurance Law came into force (1 October 1995): there was no business
    under that law before, and older data are not judged.
    What to do: examine pricing and reserves where it is high, refusals and mis-selling where it is low.
level: meso
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 364
bands:
  yellow: "value >= 80 OR value < 20"
  orange: "value >= 100"
  red: "value >= 150"
*/
WITH windows AS (
  SELECT
    institution,
    day,
    count(*) OVER last_year AS days_filed,
    count(health_claims) OVER last_year AS days_claims,
    count(health_earned_premium) OVER last_year AS days_premium,
    sum(health_claims) OVER last_year AS health_claims,
    sum(health_earned_premium) OVER last_year AS health_earned_premium
  FROM business_daily
  WHERE health_claims IS NOT NULL OR health_earned_premium IS NOT NULL
  WINDOW last_year AS (
    PARTITION BY institution ORDER BY day
    RANGE BETWEEN INTERVAL '364' DAY PRECEDING AND CURRENT ROW
  )
)
SELECT
  institution,
  day,
  CASE WHEN days_filed >= 30 AND days_claims = days_filed AND days_premium = days_filed
    THEN 100 * health_claims / NULLIF(health_earned_premium, 0)
  END AS value,
  days_filed,
  health_claims,
  health_earned_premium
FROM windows
