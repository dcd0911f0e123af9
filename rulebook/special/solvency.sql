/*
id: solvency
version: 1
tier: special
serves: sound-institution
demands: [solvency]
requirement: ["1.3", "1.4"]
clause:
  zh: 《保险公司偿付能力管理规定》（银保监会令 2021 年第 1 号，2021 年 3 月 1 日起施行）第八条：核心偿付能力充足率不低于 50%，综合偿付能力充足率不低于 100%
  en: >-
    Provisions on the Solvency of Insurance Companies (CBIRC Decree 2021 No. 1, in force since 1 March 2021), art. 8:
    core solvency ratio of 50 % at least, comprehensive solvency ratio of 100 % at least
basis: law
effective: {from: 2021-03-01}
lines: [insurance]
answerable: officer
title:
  zh: 偿付能力充足率
  en: Solvency ratios
text:
  zh: |
    看季度披露中的两个充足率：核心低于 50% 或综合低于 100%，即不达标，红色；核心低于 60% 或综合低于 120%，为黄色，
    监管部门把这一区间的公司作为重点核查对象（60%、120% 的出处条文未能核对原文）。
    综合值取两者离各自要求更近的一个：核心充足率乘以 2 与综合充足率中较低者，低于 100 即不达标，低于 120 即须关注。
    第八条另要求风险综合评级在 B 类及以上，由监管评定，不在披露数据中，本条不判。
    一项未报而另一项没有问题的，无法判定；一项已不达标的，不等另一项。只看季度披露；不是保险公司的平台没有此项披露，不标记。
    处置：约谈负责人，要求提交资本补充计划；视情形限制业务规模、停止接受新业务、限制分红与高管薪酬。
  en: |
    The two ratios in the quarterly disclosure: core below 50 % or comprehensive below 100 % is insolvent by the rule,
    red; core below 60 % or comprehensive below 120 % is yellow, the range in which the regulator picks companies for
    closer checks (the article that gives 60 % and 120 % is unconfirmed).
    The value is whichever is closer to its own requirement: the lower of twice the core ratio and the comprehensive
    ratio. Below 100 the requirement is missed, below 120 it is watched.
    Art. 8 also wants an integrated risk rating of B or better; that is the regulator's and not disclosed here.
    Where one ratio is missing and the other is sound, the verdict is undetermined; where one already fails, the other
    is not waited for. Only quarterly disclosures are looked at: a platform that is no insurer makes none and is silent.
    What to do: call in the person in charge and have a plan to raise capital; where it fits, limit the business, stop
    new business, limit dividends and executives' pay.
level: micro
scope: institution
unit: percent
streams: [disclosure]
lookback_days: 0
bands:
  yellow: "core_solvency_percent < 60 OR comprehensive_solvency_percent < 120"
  red: "core_solvency_percent < 50 OR comprehensive_solvency_percent < 100"
*/
WITH quarterly AS (
  SELECT
    institution,
    day,
    core_solvency_percent,
    comprehensive_solvency_percent,
    period_end,
    row_number() OVER (
      PARTITION BY institution, day ORDER BY period_end DESC NULLS LAST, position DESC
    ) AS place
  FROM disclosure
  WHERE kind = 'quarterly'
)
SELECT
  institution,
  day,
  LEAST(2 * core_solvency_percent, comprehensive_solvency_percent) AS value,
  core_solvency_percent,
  comprehensive_solvency_percent,
  period_end
FROM quarterly
WHERE place = 1
