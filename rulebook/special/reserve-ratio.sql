/*
id: reserve-ratio
version: 2
tier: special
serves: protected-reserve
demands: [reserve-ratio, reserve-rating]
requirement: ["1.9"]
clause:
  zh: 工作方案第一部分“操作指引”：备付金集中存管比例动态调整机制（根据机构风险评级从 10% 至 100% 分档）
  en: "Work plan, part 1, operating guidance: the share of the reserve deposited centrally moves with the institution's risk rating, in tiers from 10 % to 100 %"
basis: plan
effective: {from: 2010-01-01}
lines: [payment]
answerable: officer
title:
  zh: 备付金集中存管低于所在档次的比例
  en: Clients' reserve deposited below the ratio of the tier
text:
  zh: |
    每日以备付金总额乘以所在档次的比例，得应集中存管的金额；集中存管备付金少于此数的，为发现。数值为缺口占应存金额的百分比，
    旁列应存、已存、缺口金额（元）、评级类别与比例的生效日。
    类别取自指标 payment-rating，每季度评定一次，次月首日生效；比例取自参考表 reserve_tiers（A 10%、B 30%、C 50%、D 80%、E 100%，没有评级的
    按 100%）。比例变动时，系统在生效日约一个月前通知机构，自生效日起按新比例判定，不溯及以前。
    备付金是客户的钱，留在机构手里的越多，挪用的余地越大；风险越高，留的越少。
    差一分即为橙色；缺口达应存金额 10% 以上为红色，涉嫌挪用。备付金为零的不标记；总额或已存未报的，无法判定。
    现行法规为 100% 全额集中交存（指标 reserve-deposit），两者并列：符合本条不等于合法。
    处置：当日通知补足缺口，核对央行账户余额；次日仍有缺口的，限制新增业务；红色的查明资金去向并移送。
  en: |
    Every day the reserve in all times the ratio of the tier gives what has to be deposited centrally; a deposit below
    it is a finding. The value is the gap in per cent of what has to be deposited, beside it what is wanted, what is
    there, the gap in yuan, the class of the rating and the day from which the ratio holds.
    The class is that of the indicator payment-rating, made once a quarter and in force a month later; the ratio stands in the
    reference table reserve_tiers (A 10 %, B 30 %, C 50 %, D 80 %, E 100 %; without a rating 100 %). When the ratio
    moves the institution gets notice about a month before the day of effect; days before it are judged by the old one.
    The reserve is clients' money: the more of it the institution holds itself the more can be misused, so the higher
    the risk the less stays.
    One fen short is orange; a gap above 10 % of what has to be deposited is red, a suspicion of misappropriation. No
    reserve is silent; a total or a deposit that was not filed is undetermined.
    The law wants 100 % (the indicator reserve-deposit), which stands beside: to keep this rule is not yet to be lawful.
    What to do: give notice the same day to fill the gap and compare with the balance at the central bank; where it
    stands the next day limit new business; at red find out where the money went and refer.
level: meso
scope: institution
unit: percent
streams: [business_daily]
inputs: [payment-rating]
lookback_days: 214
days: closed
bands:
  orange: "value > 0"
  red: "value > 10"
*/
WITH wanted AS (
  SELECT
    b.institution,
    b.day,
    b.reserve_total,
    b.reserve_deposited,
    COALESCE(r.rating_class, 'unrated') AS rating_class,
    r.effective_from,
    t.ratio_percent,
    CAST(b.reserve_total * t.ratio_percent / 100 AS DECIMAL(20, 2)) AS required
  FROM business_daily b
  LEFT JOIN indicator_payment_rating r ON r.institution = b.institution AND r.day = b.day
  LEFT JOIN reference_reserve_tiers t
    ON t.rating_class = COALESCE(r.rating_class, 'unrated')
    AND t.valid_from <= b.day
    AND (t.valid_to IS NULL OR b.day <= t.valid_to)
  WHERE b.line = 'payment'
)
SELECT
  institution,
  day,
  CASE WHEN reserve_deposited >= required OR required = 0 THEN 0
    ELSE 100 * (required - reserve_deposited) / NULLIF(required, 0)
  END AS value,
  CASE WHEN reserve_deposited >= required THEN 0 ELSE required - reserve_deposited END AS shortfall,
  required,
  reserve_deposited,
  reserve_total,
  rating_class,
  ratio_percent,
  effective_from
FROM wanted
