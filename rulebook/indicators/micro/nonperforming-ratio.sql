/*
id: nonperforming-ratio
version: 1
tier: indicator
requirement: ["2.5"]
clause:
  zh: 工作方案第二部分“微观层面”：信用风险（不良贷款率）
  en: "Work plan, part 2, micro level: credit (non-performing-loan ratio)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 不良贷款率
  en: Non-performing-loan ratio
text:
  zh: |
    不良贷款余额（五级分类后三类）除以贷款余额。
    《商业银行风险监管核心指标（试行）》以不良贷款率不高于 5% 为标准，此处参照：超过 5% 为黄色，10% 为橙色，20% 为红色。
    余额为零的不标记；任一数未报则无法判定。
    处置：核对分类是否真实，与逾期率、催收记录比对；要求计提与压降方案。
  en: |
    Non-performing loans (the last three of the five classes) over the loan balance.
    The Core Indicators for the Risk Supervision of Commercial Banks (trial) set a ratio of 5 % at most, the
    yardstick taken here: above 5 % is yellow, above 10 % orange, above 20 % red.
    No balance is silent; a figure not filed is undetermined.
    What to do: see whether loans are classed truly, against arrears and collection records; have provisions and a
    plan of reduction made.
level: micro
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  yellow: "value > 5"
  orange: "value > 10"
  red: "value > 20"
*/
SELECT
  institution,
  day,
  CASE WHEN loan_balance = 0 THEN 0 ELSE 100 * nonperforming_balance / NULLIF(loan_balance, 0) END AS value,
  nonperforming_balance,
  loan_balance
FROM business_daily
WHERE line = 'p2p'
