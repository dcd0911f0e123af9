/*
id: unfiled-fund
version: 1
tier: special
serves: within-licence
demands: [product-on-file]
requirement: ["1.3"]
clause:
  zh: 工作方案第一部分“基础制度”：市场准入负面清单与业务红线（互联网基金销售所售产品）
  en: "Work plan, part 1, basic rules: negative list and red lines (what an internet fund seller sells)"
basis: plan
effective: {from: 2010-01-01}
lines: [fund]
lines_by: registered
answerable: officer
title:
  zh: 销售未注册或已停售的基金产品
  en: Fund units sold that are not registered, or were withdrawn
text:
  zh: |
    当日有申购的基金产品，在产品登记中没有注册号，或已过停售日的，为发现；每个产品一条，附申购笔数与金额。停售日当日仍可申购。
    公开募集基金须经国务院证券监督管理机构注册（《证券投资基金法》）；平台上“类基金”的理财多是变相公开募集，
    没有托管、没有估值，赎回一旦集中即告失败。
    只看登记为基金销售业态的机构。以申购当日有效的产品登记为准；申购没有写明产品，或产品从未登记的，无法判定。
    橙色：投资者的份额可能根本不存在。
    处置：要求立即停止申购；核对资金去向与托管账户；按份额清退，涉嫌非法集资的移送。
  en: |
    A finding is a fund product that was subscribed to on a day although the register of products holds no number of a
    registration for it, or its last day of sale had passed; each product is a finding of its own, with the number and
    amount of subscriptions. On its last day it may still be subscribed to.
    A publicly offered fund is registered with the securities regulator (Securities Investment Fund Law). Fund-like
    products on platforms are mostly a public offering in disguise, without custodian or valuation, and fail as soon
    as redemptions gather.
    Only institutions registered as fund sellers are looked at. What counts is the product's registration in force on
    the day. A subscription that names no product, or one never registered, is undetermined.
    Orange: the units may not exist at all.
    What to do: have subscriptions stopped at once; follow the money and look for the custody account; pay investors
    back by units, and refer what looks like illegal fund-raising.
level: micro
scope: institution
unit: count
streams: [transaction, product, registered]
lookback_days: 0
days: closed
per: [fund_product]
bands:
  orange: "value >= 1"
*/
WITH subscribed AS (
  SELECT
    institution,
    day,
    fund_product,
    count(*) AS subscriptions,
    sum(amount) AS amount,
    array_agg(position) AS rows
  FROM transaction
  WHERE kind = 'subscription'
  GROUP BY institution, day, fund_product
),
described AS (
  SELECT
    s.institution,
    s.day,
    s.fund_product,
    s.subscriptions,
    s.amount,
    s.rows,
    p.kind,
    p.filing,
    p.on_sale_until,
    row_number() OVER (
      PARTITION BY s.institution, s.day, s.fund_product ORDER BY p.effective_from DESC, p.position DESC
    ) AS place
  FROM subscribed s
  JOIN registered r ON r.institution = s.institution AND r.day = s.day
  LEFT JOIN product p
    ON p.institution = s.institution AND p.product = s.fund_product AND p.effective_from <= s.day
)
SELECT
  institution,
  day,
  fund_product,
  CASE
    WHEN kind IS NULL THEN NULL
    WHEN filing IS NULL OR on_sale_until < day THEN subscriptions
    ELSE 0
  END AS value,
  subscriptions,
  amount,
  kind,
  filing,
  on_sale_until,
  rows
FROM described
WHERE place = 1
