/*
id: loan-balance-cap
version: 1
tier: special
serves: within-licence
demands: [lending-balance-cap]
requirement: ["1.3"]
clause:
  zh: 工作方案第一部分“业务红线”：网贷平台借贷余额上限
  en: "Work plan, part 1, red lines: the lending-balance cap of a P2P platform"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p]
answerable: officer
title:
  zh: 借贷余额超过上限
  en: Lending balance above its cap
text:
  zh: |
    平台日终贷款余额减去当日登记的借贷余额上限；为正即越过红线，为负是尚余的额度。
    上限由监管逐家核定，登记在册，随登记生效日变动。它限定的是平台一旦出事所能波及的范围。
    超过上限为橙色；达到上限的一倍半为红色（本规则库的取值）。恰好等于上限不算。
    余额未报、没有登记或登记中没有上限的，无法判定：没有上限不等于不设上限。
    处置：立即停止新增标的，限期压降到上限以内；上限确需调整的，先批准、后增长。
  en: |
    The platform's loan balance at the end of the day less the cap that the register has for that day: above zero the
    red line is crossed, below it this is what is left.
    The supervisor sets the cap for each platform; it stands in the register and changes from the day that the register
    names. It bounds how far the platform's failure can reach.
    Above the cap is orange, one and a half times the cap red (the rulebook's value). Exactly the cap is silent.
    Without a balance, a registration, or a cap in it, the verdict is undetermined: no cap set is not "no cap".
    What to do: stop new projects at once and have the balance run down by a date; where the cap should be raised, it is
    approved first and grown into afterwards.
level: micro
scope: institution
unit: yuan
streams: [business_daily, registered]
lookback_days: 0
bands:
  orange: "value > 0"
  red: "loan_balance >= 1.5 * loan_balance_cap AND value > 0"
*/
SELECT
  b.institution,
  b.day,
  b.loan_balance - r.loan_balance_cap AS value,
  b.loan_balance,
  r.loan_balance_cap
FROM business_daily b
LEFT JOIN registered r ON r.institution = b.institution AND r.day = b.day
