/*
id: split-terms
version: 1
tier: special
serves: terms-matched
demands: [maturity-mismatch]
requirement: ["1.2"]
clause:
  zh: 工作方案第一部分“负面清单”：禁止期限错配
  en: "Work plan, part 1, negative list: maturity mismatch is forbidden"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 拆分期限
  en: Split terms
text:
  zh: |
    出借人取得债权时得到承诺的应还日期，早于标的到期日（发布日加期限）三天以上的，就是短钱对接长标的。
    数值为当日取得的债权中这类债权的金额占比；出借与受让同样看待。三天以内视为清算时间差。
    平台承诺的期限比借款人的短，到期只能靠新的出借人接手；占比越高，对新钱的依赖越重。
    原《网络借贷信息中介机构业务活动管理暂行办法》第十条亦禁止将融资项目的期限进行拆分（项次未能核对原文）。
    有一笔即为黄色，金额占比 20% 及以上为橙色（占比为本规则库的取值）。没有发现而有债权的标的未见的，无法判定。
    处置：停止短期转让与活期产品，列明存量债权的期限差额与兑付安排。
  en: |
    Where the day on which a lender was promised the money back, when the claim was acquired, lies more than three days
    before the end of the project (day of publication plus term), short money funds a longer project. The value is the
    share of such claims in those acquired on the day, by amount; lending and transfer count alike. Up to three days
    are the time of settlement.
    Where the platform promises less time than the borrower has, only new lenders can pay; the larger the share, the
    more it depends on new money.
    Article 10 of the former Interim Measures for lending intermediaries also forbade to split the terms of projects (the
    number of the item could not be checked against the original).
    A single one is yellow, a share of 20 % or more orange (the share is the rulebook's value). When nothing was found
    but the project of a claim is not known, the day is undetermined.
    What to do: have short transfers and demand products stopped; have the platform list the gaps in time of what is
    outstanding and how it will be paid.
level: micro
scope: institution
unit: percent
streams: [claim, project]
lookback_days: 1096
days: closed
bands:
  yellow: "value > 0"
  orange: "value >= 20"
*/
WITH acquired AS (
  SELECT
    c.institution,
    c.day,
    c.position,
    c.amount,
    c.due_on + INTERVAL '3' DAY < p.day + TRY_CAST(LEAST(p.term_days, 36500) AS INT) AS is_split
  FROM claim c
  LEFT JOIN project p
    ON p.institution = c.institution
    AND p.id = c.project
    AND p.day BETWEEN c.day - INTERVAL '1096' DAY AND c.day
),
daily AS (
  SELECT
    institution,
    day,
    count(*) AS claims,
    count(*) FILTER (WHERE is_split) AS split_claims,
    sum(amount) AS amount,
    sum(amount) FILTER (WHERE is_split) AS split_amount,
    count(*) FILTER (WHERE is_split IS NULL OR amount IS NULL) AS unknown_claims,
    array_agg(position) FILTER (WHERE is_split IS NOT FALSE OR amount IS NULL) AS rows
  FROM acquired
  GROUP BY institution, day
)
SELECT
  institution,
  day,
  CASE
    WHEN split_amount > 0 THEN 100 * split_amount / NULLIF(amount, 0)
    WHEN unknown_claims = 0 THEN 0
  END AS value,
  claims,
  split_claims,
  unknown_claims,
  amount,
  split_amount,
  rows
FROM daily
