/*
id: reserve-deposit
version: 2
tier: indicator
requirement: ["1.9", "2.4"]
clause:
  zh: 《非银行支付机构客户备付金存管办法》（中国人民银行令〔2021〕第 1 号，2021 年 3 月 1 日起施行）；此前为中国人民银行办公厅关于支付机构客户备付金全部集中交存有关事宜的通知（银办发〔2018〕114 号，文号未能核对原文）：客户备付金全额集中交存
  en: >-
    Measures on Clients' Reserves of Non-bank Payment Institutions (PBOC Decree 2021 No. 1, in force since 1 March
    2021); before them the PBOC General Office's notice on the central deposit of all clients' reserves (2018 No. 114;
    the number could not be checked against the original): clients' reserves are deposited centrally in full
basis: law
effective: {from: 2019-01-14}
lines: [payment]
answerable: officer
title:
  zh: 备付金集中存管比例
  en: Share of the reserve deposited centrally
text:
  zh: |
    集中存管备付金除以备付金总额。自 2019 年 1 月 14 日起应为 100%。
    低于 100% 为橙色：客户资金的一部分在监管视野之外；低于 90% 为红色，涉嫌挪用。
    工作方案按风险评级设 10%–100% 的档次，另条规定；2017 年 4 月至 2019 年 1 月实行的是按业务类型与评级交存 10%–24%、
    其后逐月提高的比例，并非该档次。备付金为零的不标记；未报则无法判定。
    处置：当日核对央行账户余额；差额说明原因并即时补足，属挪用的移送。
  en: |
    Clients' reserve deposited centrally over the reserve in all. Since 14 January 2019 it has to be 100 %.
    Below 100 % is orange: part of clients' money is out of sight. Below 90 % is red, a suspicion of
    misappropriation.
    The tiers of 10 % to 100 % by risk rating in the work plan have an entry of their own. What was in force from
    April 2017 to January 2019 were other shares: 10 % to 24 % by kind of business and rating, then raised month by
    month. No reserve is silent; a figure not filed is undetermined.
    What to do: compare with the balance at the central bank the same day; have the gap explained and filled at
    once, and refer misappropriation.
level: meso
scope: institution
unit: percent
streams: [business_daily]
lookback_days: 0
bands:
  orange: "value < 100"
  red: "value < 90"
*/
SELECT
  institution,
  day,
  CASE WHEN reserve_total = 0 THEN 100 ELSE 100 * reserve_deposited / NULLIF(reserve_total, 0) END AS value,
  reserve_deposited,
  reserve_total
FROM business_daily
WHERE line = 'payment'
