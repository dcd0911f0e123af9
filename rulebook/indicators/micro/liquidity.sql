/*
id: liquidity
version: 1
tier: indicator
requirement: ["2.5"]
clause:
  zh: 工作方案第二部分“微观层面”：流动性风险（现金储备/未来 30 天到期债务）
  en: "Work plan, part 2, micro level: liquidity (cash reserve over debt due in the next 30 days)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
answerable: officer
title:
  zh: 流动性覆盖
  en: Liquidity
text:
  zh: |
    现金储备除以未来 30 天到期债务，最多计 1000%；没有到期债务的按 1000% 计。
    《商业银行流动性风险管理办法》要求银行的流动性覆盖率不低于 100%，此处参照：低于 100% 为黄色，低于 80% 为橙色，
    低于 50% 为红色（三十天内必有一半债务无力支付，提现困难迫近）。
    网络借贷机构任一数未报则无法判定；其他业态两数均不报的，视为没有此类债务，不评。
    处置：要求报送逐日现金流与融资安排；红色的立即进驻并准备应急资金。
  en: |
    Cash reserve over the debt that falls due in the next 30 days, 1000 % at most; with no debt due it counts as
    1000 %.
    Banks have to keep a liquidity coverage of 100 % (Measures on Liquidity Risk of Commercial Banks), the yardstick
    taken here: below 100 % is yellow, below 80 % orange, below 50 % red (half of what falls due within thirty
    days cannot be paid, failing withdrawals are near).
    For P2P platforms a figure not filed is undetermined; another line of business that files neither figure has no
    such debt and is not judged.
    What to do: have the daily cash flow and the funding planned filed; with red, move in and prepare emergency
    funds.
level: micro
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  yellow: "value < 100"
  orange: "value < 80"
  red: "value < 50"
*/
SELECT
  institution,
  day,
  line,
  CASE
    WHEN debt_due_30_days = 0 AND cash_reserve IS NOT NULL THEN 1000
    WHEN cash_reserve IS NOT NULL AND debt_due_30_days IS NOT NULL
      THEN LEAST(100 * cash_reserve / NULLIF(debt_due_30_days, 0), 1000)
  END AS value,
  cash_reserve,
  debt_due_30_days
FROM business_daily
WHERE line = 'p2p' OR cash_reserve IS NOT NULL OR debt_due_30_days IS NOT NULL
