/*
id: security-assessment
version: 1
tier: special
serves: secure-systems
demands: [security-assessment]
requirement: ["1.4"]
clause:
  zh: 工作方案第一部分“基础制度”：机构主体责任（信息安全义务）；周期取自《信息安全等级保护管理办法》（公通字〔2007〕43 号）第十四条：第三级信息系统应当每年至少进行一次等级测评
  en: >-
    Work plan, part 1, basic rules: an institution's duties (information security); the interval is that of the Measures
    for the Classified Protection of Information Security (Ministry of Public Security 2007 No. 43), art. 14: systems of
    level 3 are assessed once a year at least
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
lines_by: registered
answerable: officer
title:
  zh: 信息安全测评逾期或等级不足
  en: Information security not assessed in time, or at too low a level
text:
  zh: |
    登记的最近一次等级保护测评已超过 365 天，或等级低于第三级的，为发现；数值为不合要求的项数（0 至 2）。
    客户资金与身份资料都在机构系统里，一次泄露不可挽回；测评是唯一由外部人员进行的定期检查。
    测评逾期为黄色；逾期一年以上（距上次测评超过 730 天），或等级低于第三级，为橙色。
    一项未登记而另一项没有问题的，无法判定；一项已不合要求的，不等另一项。
    处置：要求限期完成测评并提交报告与整改清单；等级不足的重新定级备案；逾期一年以上的，安排现场检查。
  en: |
    A finding is a last assessment of classified protection in the register that is more than 365 days old, or a level
    below 3; the value is the number of these that do not hold (0 to 2).
    Clients' money and identities lie in the institution's systems, and a leak cannot be undone; the assessment is the
    only regular look by somebody from outside.
    An assessment overdue is yellow; one a year overdue (more than 730 days old), or a level below 3, is orange.
    Where one of the two is not registered and the other is in order the verdict is undetermined; where one already
    fails, the other is not waited for.
    What to do: have the assessment made by a date, with the report and a list of what is put right; have too low a
    level classified anew; where it is a year overdue, inspect on site.
level: micro
scope: institution
unit: count
streams: [registered]
lookback_days: 0
bands:
  yellow: "value >= 1"
  orange: "security_level < 3 OR days_since_assessment > 730"
*/
WITH assessed AS (
  SELECT
    institution,
    day,
    line,
    security_level,
    security_assessed_on,
    CAST(day AS INT) - CAST(security_assessed_on AS INT) AS days_since_assessment
  FROM registered
)
SELECT
  institution,
  day,
  line,
  CASE
    WHEN days_since_assessment > 365 AND security_level < 3 THEN 2
    WHEN days_since_assessment > 365 OR security_level < 3 THEN 1
    WHEN days_since_assessment IS NULL OR security_level IS NULL THEN NULL
    ELSE 0
  END AS value,
  security_assessed_on,
  days_since_assessment,
  security_level
FROM assessed
