/*
id: short-health-renewal
version: 1
tier: special
serves: within-licence
demands: [short-term-health]
requirement: ["1.3"]
clause:
  zh: 《中国银保监会办公厅关于规范短期健康保险业务有关问题的通知》（银保监办发〔2021〕7 号）：短期健康保险期间为一年及以下且不含保证续保条款；不符合的，2021 年 5 月 1 日前停止销售
  en: >-
    CBIRC General Office, Notice on Regulating Short-term Health Insurance (2021 No. 7): cover of one year at most and
    no guaranteed renewal; products that do not comply are off sale before 1 May 2021
basis: law
effective: {from: 2021-05-01}
lines: [insurance]
answerable: officer
title:
  zh: 短期健康险承诺续保或期限超过一年
  en: Short-term health insurance with promised renewal, or of more than one year
text:
  zh: |
    当日有销售的短期健康险产品，登记为承诺续保（含“自动续保”），或保障期限超过 366 天的，为发现；每个产品一条。
    一年期产品没有为续保提取准备金，“承诺续保”兑现不了：赔付上升后停售，被保险人已带病，无处再保。
    通知要求条款写明“不保证续保”。长期健康险可以保证续保，不在此列。
    以销售当日有效的产品登记为准；是否承诺续保没有填报的，无法判定。期限没有填报的不作判断依据。产品从未登记的，由
    条目 unfiled-insurance-product 处理。
    黄色：要求整改，10 个工作日内提交方案。
    处置：要求修改条款和宣传页后再售；核对已售保单的续保表述，逐一告知客户；同时查看短期健康险赔付率。
  en: |
    A finding is a short-term health product sold on a day that is registered with promised (or automatic) renewal, or
    with cover of more than 366 days; each product is a finding of its own.
    A product of one year sets nothing aside for renewal, so the promise cannot be kept: when claims rise it is
    withdrawn, and the insured, by then ill, find no other cover. The notice wants the terms to say that renewal is
    not guaranteed. Long-term health insurance may guarantee it and is not looked at.
    What counts is the product's registration in force on the day of sale. Where it does not say whether renewal is
    promised the verdict is undetermined; a term that was not filed is not held against it. Products never registered
    are for the entry unfiled-insurance-product.
    Yellow: to be put right, with a plan within 10 working days.
    What to do: have terms and advertisements changed before more is sold; see what buyers were told about renewal and
    have each of them informed; look at the claim ratio of short-term health insurance beside.
level: micro
scope: institution
unit: count
streams: [policy, product]
lookback_days: 0
days: closed
per: [product]
bands:
  yellow: "value >= 1"
*/
WITH sold AS (
  SELECT institution, day, product, count(*) AS policies, array_agg(position) AS rows
  FROM policy
  GROUP BY institution, day, product
),
described AS (
  SELECT
    s.institution,
    s.day,
    s.product,
    s.policies,
    s.rows,
    p.kind,
    p.term_days,
    p.guaranteed_renewal,
    row_number() OVER (
      PARTITION BY s.institution, s.day, s.product ORDER BY p.effective_from DESC, p.position DESC
    ) AS place
  FROM sold s
  JOIN product p
    ON p.institution = s.institution AND p.product = s.product AND p.effective_from <= s.day
)
SELECT
  institution,
  day,
  product,
  CASE
    WHEN guaranteed_renewal OR term_days > 366 THEN policies
    WHEN guaranteed_renewal IS NULL THEN NULL
    ELSE 0
  END AS value,
  policies,
  term_days,
  guaranteed_renewal,
  rows
FROM described
WHERE place = 1 AND kind = 'short_health'
