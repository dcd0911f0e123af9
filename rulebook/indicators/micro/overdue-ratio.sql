/*
id: overdue-ratio
version: 2
tier: indicator
requirement: ["2.5", "2.1"]
clause:
  zh: 工作方案第二部分“数据采集端”与“微观层面”：逾期率、信用风险
  en: "Work plan, part 2, collection of data and micro level: overdue rate, credit"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 逾期率
  en: Overdue ratio
text:
  zh: |
    逾期余额除以贷款余额。逾期早于不良出现，也较难粉饰，因此单列。
    法律没有规定上限；按不良率标准的两倍取值：超过 10% 为黄色，20% 为橙色，30% 为红色。
    余额为零的不标记；任一数未报则无法判定。
    处置：查看逾期集中的标的与借款人，核实是否以展期、代偿掩盖。
  en: |
    Overdue balance over the loan balance. Arrears show before loans are classed as non-performing and are harder
    to hide, so they stand by themselves.
    No law sets a limit; twice the yardstick of the non-performing ratio is taken: above 10 % is yellow, above
    20 % orange, above 30 % red. No balance is silent; a figure not filed is undetermined.
    What to do: find the projects and borrowers where arrears are dense, and whether extensions or payments by
    others hide more.
level: micro
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  yellow: "value > 10"
  orange: "value > 20"
  red: "value > 30"
*/
SELECT
  institution,
  day,
  CASE WHEN loan_balance = 0 THEN 0 ELSE 100 * overdue_balance / NULLIF(loan_balance, 0) END AS value,
  overdue_balance,
  loan_balance
FROM business_daily
WHERE line = 'p2p'
