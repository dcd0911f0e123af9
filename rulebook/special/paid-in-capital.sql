/*
id: paid-in-capital
version: 1
tier: special
serves: sound-institution
demands: [paid-in-capital]
requirement: ["1.4"]
clause:
  zh: 工作方案第一部分“基础制度”：机构主体责任（实缴资本要求）；第三方支付另有《非银行支付机构监督管理条例》（国务院令第 768 号，2024 年 5 月 1 日起施行）第八条
  en: >-
    Work plan, part 1, basic rules: an institution's duties (paid-in capital); for third-party payment also the
    Regulation on Non-bank Payment Institutions (State Council Decree 768, in force since 1 May 2024), art. 8
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
lines_by: registered
answerable: officer
title:
  zh: 实缴资本不足
  en: Paid-in capital below the least amount
text:
  zh: |
    登记的实缴资本低于本业态最低限额的，为发现。限额在参考表 minimum_capital，每业态每时期一行，并注明取自法规还是由本规则库取定：
    第三方支付 1 亿元为法定，其余见该表来源。
    实缴资本是客户资金之外唯一的缓冲；“认缴”不等于钱已到账，故只看实缴。
    数值为实缴资本占最低限额的百分比：低于 100% 为橙色，低于 50% 为红色。同一机构有几个业态的，各业态分别判定。
    没有登记实缴资本，或该业态没有限额的，无法判定。
    处置：要求验资报告；责令限期补足，期满前不得新增业务；抽逃出资的移送。
  en: |
    A finding is a paid-in capital in the register below the least amount of the line of business. The amounts stand in
    the reference table minimum_capital, a row for each line and time, which says of each whether it is the law's or
    this rulebook's: the 100 million yuan of third-party payment are law, for the others see the table's source.
    Paid-in capital is the only cushion beside clients' money; subscribed is not paid, so only what is paid counts.
    The value is the paid-in capital in per cent of the least amount: below 100 % is orange, below 50 % red. An
    institution with several lines is judged for each.
    Without a paid-in capital in the register, or an amount for the line, the verdict is undetermined.
    What to do: have the auditor's report on the capital; order that it be made up by a date, without new business
    before; refer withdrawn capital.
level: micro
scope: institution
unit: percent
streams: [registered]
lookback_days: 0
bands:
  orange: "value < 100"
  red: "value < 50"
*/
SELECT
  r.institution,
  r.day,
  r.line,
  100 * r.paid_in_capital / NULLIF(m.minimum, 0) AS value,
  r.paid_in_capital,
  m.minimum,
  m.basis
FROM registered r
LEFT JOIN reference_minimum_capital m
  ON m.line = r.line AND m.valid_from <= r.day AND (m.valid_to IS NULL OR r.day <= m.valid_to)
