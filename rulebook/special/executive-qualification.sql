/*
id: executive-qualification
version: 1
tier: special
serves: sound-institution
demands: [executive-qualification]
requirement: ["1.4"]
clause:
  zh: 工作方案第一部分“基础制度”：机构主体责任（高管任职资格）
  en: "Work plan, part 1, basic rules: an institution's duties (executives' qualification)"
basis: plan
effective: {from: 2010-01-01}
lines: [p2p, insurance, payment, fund]
lines_by: registered
answerable: officer
title:
  zh: 高管没有任职资格或资格过期
  en: Executives without a qualification, or whose qualification ran out
text:
  zh: |
    登记的高级管理人员中，没有任职资格批准文号，或资格已过有效期的，为发现；数值为这样的人数。有效期最后一日仍有资格。
    出事的平台常由挂名高管签字、由不具名的人实际控制；资格是追究责任（双罚制）落到人的前提。
    一人不合格即为橙色：重要决定没有合格的人负责。30 天内到期的为黄色，提醒机构及早办理续期或更换。
    资格没有写有效期的，视为不限期。登记中没有任何高管，或高管资料已随个人密钥销毁的，无法判定。
    处置：要求暂停不合格人员履职，指定合格人员代为履行；三个月内完成任职资格核准；核实是否另有实际控制人。
  en: |
    Among the executives in the register, those without a number of the approval of their qualification, and those whose
    qualification ran out, are findings; the value is their number. On its last day a qualification still holds.
    Platforms that fail are often signed for by executives in name and run by people who do not appear; the
    qualification is what lets responsibility reach a person (double penalty).
    One is enough for orange: nobody qualified answers for what is decided. A qualification that ends within 30 days is
    yellow, so that the institution renews it or finds somebody in time.
    A qualification without an end is unlimited. Where the register names no executive, or what it says of them was
    lost with a person's key, the verdict is undetermined.
    What to do: have the person stop and somebody qualified act in the meantime; have the approval within three months;
    find out whether somebody else is in control.
level: micro
scope: institution
unit: count
streams: [registered]
lookback_days: 0
bands:
  yellow: "ends_within_30_days >= 1"
  orange: "value >= 1"
*/
WITH executive AS (
  SELECT institution, day, line, unnest(executives) AS person
  FROM registered
),
counted AS (
  SELECT
    institution,
    day,
    line,
    count(*) AS executives,
    count(*) FILTER (WHERE person['qualification'] IS NULL) AS without_number,
    count(*) FILTER (
      WHERE person['qualification'] IS NOT NULL AND person['qualified_until'] < day
    ) AS run_out,
    count(*) FILTER (
      WHERE person['qualification'] IS NOT NULL
        AND person['qualified_until'] BETWEEN day AND day + INTERVAL '29' DAY
    ) AS ends_within_30_days
  FROM executive
  GROUP BY institution, day, line
)
SELECT
  r.institution,
  r.day,
  r.line,
  c.without_number + c.run_out AS value,
  c.executives,
  c.without_number,
  c.run_out,
  c.ends_within_30_days
FROM registered r
LEFT JOIN counted c ON c.institution = r.institution AND c.day = r.day AND c.line = r.line
