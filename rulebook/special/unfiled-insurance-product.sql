/*
id: unfiled-insurance-product
version: 1
tier: special
serves: within-licence
demands: [product-on-file]
requirement: ["1.3"]
clause:
  zh: 工作方案第一部分“基础制度”：业务红线（保险平台销售资质要求，含所售产品）
  en: "Work plan, part 1, basic rules: red lines (sales qualification of an insurance platform, and of what it sells)"
basis: plan
effective: {from: 2010-01-01}
lines: [insurance]
answerable: officer
title:
  zh: 销售未备案或已停售的保险产品
  en: Insurance sold that is not on file, or was withdrawn
text:
  zh: |
    当日所售保单的产品，在产品登记中没有备案或注册号，或已过停售日的，为发现；每个产品一条。停售日当日仍可销售。
    《保险法》要求条款和费率经批准或备案；没有备案的“产品”往往是私设的收益承诺，以保险之名募集资金。
    以销售当日有效的产品登记为准。产品从未登记的无法判定，先补报产品。
    橙色：承保责任可能不成立，客户利益直接受损。
    处置：要求立即停售；向承保公司核实条款与责任；已售保单逐张确认效力，不能承保的全额退还保费。
  en: |
    A finding is a product that was sold on a day although the register of products holds no number of a filing for it,
    or its last day of sale had passed; each product is a finding of its own. On its last day it may still be sold.
    The Insurance Law wants terms and rates approved or filed; a "product" that is not on file is often a promise of
    yield that somebody made up, money raised under the name of insurance.
    What counts is the product's registration in force on the day of sale. A product that was never registered is
    undetermined: have it filed first.
    Orange: the cover may not stand, and clients are hurt directly.
    What to do: have the sale stopped at once; ask the insurer about terms and cover; settle policy by policy whether
    it holds, and have premiums paid back in full where it does not.
level: micro
scope: institution
unit: count
streams: [policy, product]
lookback_days: 0
days: closed
per: [product]
bands:
  orange: "value >= 1"
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
    p.filing,
    p.on_sale_until,
    row_number() OVER (
      PARTITION BY s.institution, s.day, s.product ORDER BY p.effective_from DESC, p.position DESC
    ) AS place
  FROM sold s
  LEFT JOIN product p
    ON p.institution = s.institution AND p.product = s.product AND p.effective_from <= s.day
)
SELECT
  institution,
  day,
  product,
  CASE
    WHEN kind IS NULL THEN NULL
    WHEN filing IS NULL OR on_sale_until < day THEN policies
    ELSE 0
  END AS value,
  policies,
  kind,
  filing,
  on_sale_until,
  rows
FROM described
WHERE place = 1
