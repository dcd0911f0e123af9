/*
id: guarantee-coverage
version: 2
tier: indicator
requirement: ["2.4"]
clause:
  zh: 工作方案第二部分“中观层面”：P2P 担保覆盖率（担保资金/待偿余额）
  en: "Work plan, part 2, meso level: guarantee coverage (guarantee funds over outstanding balance)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 担保覆盖率
  en: Guarantee coverage
text:
  zh: |
    担保资金除以贷款余额。10% 以下为黄色，5% 以下为橙色。
    《融资担保公司监督管理条例》（国务院令第 683 号，2017 年 10 月 1 日起施行）规定担保责任余额一般不得超过净资产的 10 倍（倍数未能核对原文），即覆盖率不低于
    10%；此处参照这一比例。余额为零时无可覆盖，不标记；任一数未报则无法判定。
    处置：核实担保资金是否独立存放、能否动用；不足的限期补足或压降余额。
  en: |
    Guarantee funds over the loan balance. Below 10 % is yellow, below 5 % orange.
    The Regulations on Financing Guarantee Companies (State Council Decree 683, in force since 1 October 2017) limit
    guarantees outstanding to ten times net assets in general (the figure could not be checked against the original),
    a coverage of 10 %; the same figure is taken here. With no balance there is
    nothing to cover; when either figure was not filed the verdict is undetermined.
    What to do: see that the funds are kept apart and can be used; have the gap filled or the balance reduced.
level: meso
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  yellow: "value < 10 AND loan_balance > 0"
  orange: "value < 5 AND loan_balance > 0"
*/
SELECT
  institution,
  day,
  CASE WHEN loan_balance = 0 THEN 0 ELSE 100 * guarantee_funds / NULLIF(loan_balance, 0) END AS value,
  guarantee_funds,
  loan_balance
FROM business_daily
WHERE line = 'p2p'
